"use strict";
// Maps of a comparison: what one shows or points at, all show and point at.
(function () {
  const { drawMap } = window.allotment;
  const charts = [], views = [...document.querySelectorAll("[data-view]")];
  const buttons = [...document.querySelectorAll("[data-territory]")];
  const before = document.getElementById("before"), after = document.getElementById("after"), edge = document.getElementById("edge");
  let following = false, pressed = null, looking = null, difference = null;
  const swiped = [];

  // Views that are not looked at are out of sight and as large as ever, so that their maps can be drawn beforehand.
  const away = place => place.closest(".away") !== null, inSight = () => charts.filter(chart => !away(chart.map.getContainer()));
  const mark = territory => inSight().forEach(chart => chart.mark(territory));
  function join(place, alignment) {
    const chart = drawMap(place, alignment), others = () => inSight().filter(other => other !== chart);
    charts.push(chart);
    chart.map.on("move zoomend", () => {
      if (following || away(place)) return;
      following = true;
      looking = chart.isWhole() ? null : [chart.map.getCenter(), chart.map.getZoom()];
      others().forEach(other => other.map.setView(chart.map.getCenter(), chart.map.getZoom(), { animate: false }));
      following = false;
    });
    chart.whenUnit(unit => others().forEach(other => other.outlined(unit)));
    place.addEventListener("mouseleave", () => others().forEach(other => other.outlined(null)));
    return chart;
  }
  function follow() { // a view that was hidden shows what was looked at meanwhile
    following = true;
    for (const chart of inSight()) {
      chart.mark(pressed);
      if (looking) chart.map.setView(...looking, { animate: false }); else if (!chart.isWhole()) chart.fit();
    }
    following = false;
  }
  document.querySelectorAll(".pair .map").forEach(place => join(place, Number(place.dataset.alignment)));

  // The upper map is cut at the edge; to its left the lower one is seen and pointed at.
  function cut() {
    document.querySelector(".upper").style.clipPath = `inset(0 0 0 ${edge.value}%)`;
    document.getElementById("line").style.left = edge.value + "%";
    edge.setAttribute("aria-valuetext", `${before.selectedOptions[0].text} on ${edge.value} %, ${after.selectedOptions[0].text} on the rest`);
  }
  // Maps are drawn one by one when the browser has nothing else to do, or when they are first looked at.
  const undrawn = {
    swipe: [...document.querySelectorAll(".stack .map")].map((place, index) => () => swiped.push(join(place, index))),
    difference: [
      () => { difference = join(document.querySelector(".difference"), 0); },
      () => difference.differ(Number(before.value), Number(after.value)),
    ],
  };
  function choose() {
    const wanted = [Number(before.value), Number(after.value)];
    swiped.forEach((chart, index) => chart.show(wanted[index]));
    if (difference) difference.differ(...wanted);
    document.querySelectorAll(".stack .name").forEach((name, index) => { name.textContent = [before, after][index].selectedOptions[0].text; });
    cut();
  }
  function look(view) {
    views.forEach(place => { place.hidden = false; place.classList.toggle("away", !place.dataset.view.split(" ").includes(view)); });
    if (view === "beside") { follow(); return; }
    undrawn[view].splice(0).forEach(step => step());
    choose();
    follow();
  }
  look("beside");
  const later = window.requestIdleCallback || (then => setTimeout(then, 200));
  function beforehand() {
    const step = undrawn.swipe.shift() || undrawn.difference.shift();
    if (step) { step(); later(beforehand); }
  }
  later(beforehand);
  document.querySelectorAll("input[name=view]").forEach(input => input.addEventListener("change", () => look(input.value)));
  [before, after].forEach(select => select.addEventListener("change", choose));
  edge.addEventListener("input", cut);

  buttons.forEach((button, territory) => {
    button.addEventListener("mouseenter", () => mark(territory));
    button.addEventListener("mouseleave", () => mark(pressed));
    button.addEventListener("focus", () => mark(territory));
    button.addEventListener("blur", () => mark(pressed));
    button.addEventListener("click", () => {
      pressed = pressed === territory ? null : territory;
      buttons.forEach((other, i) => other.setAttribute("aria-pressed", String(i === pressed)));
      mark(pressed);
    });
  });
})();

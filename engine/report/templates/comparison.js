"use strict";
// Maps of a comparison: what one shows or points at, all show and point at.
(function () {
  const { drawMap } = window.allotment;
  const charts = [], views = [...document.querySelectorAll("[data-view]")];
  const buttons = [...document.querySelectorAll("[data-territory]")];
  const before = document.getElementById("before"), after = document.getElementById("after"), edge = document.getElementById("edge");
  let following = false, pressed = null, looking = null, swiped = null, difference = null;

  const mark = territory => charts.forEach(chart => chart.mark(territory));
  function join(place, alignment) {
    const chart = drawMap(place, alignment), seen = charts.find(other => other.map.getContainer().clientWidth);
    const others = () => charts.filter(other => other !== chart);
    if (looking && seen) chart.map.setView(...looking, { animate: false });
    charts.push(chart);
    chart.mark(pressed);
    chart.map.on("move zoomend", () => {
      if (following || !place.clientWidth) return;
      following = true;
      looking = [chart.map.getCenter(), chart.map.getZoom()];
      others().forEach(other => other.map.getContainer().clientWidth && other.map.setView(...looking, { animate: false }));
      following = false;
    });
    chart.whenUnit(unit => others().forEach(other => other.outlined(unit)));
    place.addEventListener("mouseleave", () => others().forEach(other => other.outlined(null)));
    return chart;
  }
  function follow() { // a view that was hidden shows what was looked at meanwhile
    if (!looking) return;
    following = true;
    charts.filter(chart => chart.map.getContainer().clientWidth).forEach(chart => chart.map.setView(...looking, { animate: false }));
    following = false;
  }
  document.querySelectorAll(".pair .map").forEach(place => join(place, Number(place.dataset.alignment)));

  // The upper map is cut at the edge; to its left the lower one is seen and pointed at.
  function cut() {
    document.querySelector(".upper").style.clipPath = `inset(0 0 0 ${edge.value}%)`;
    document.getElementById("line").style.left = edge.value + "%";
    edge.setAttribute("aria-valuetext", `${before.selectedOptions[0].text} on ${edge.value} %, ${after.selectedOptions[0].text} on the rest`);
  }
  function choose() {
    const wanted = [Number(before.value), Number(after.value)];
    if (swiped) swiped.forEach((chart, index) => chart.show(wanted[index]));
    if (difference) difference.differ(...wanted);
    document.querySelectorAll(".stack .name").forEach((name, index) => { name.textContent = [before, after][index].selectedOptions[0].text; });
    cut();
  }
  // Maps are drawn when they are first looked at, so that the page opens as fast with many plans.
  function look(view) {
    views.forEach(place => { place.hidden = !place.dataset.view.split(" ").includes(view); });
    if (view === "swipe" && !swiped) swiped = [...document.querySelectorAll(".stack .map")].map((place, index) => join(place, index));
    if (view === "difference" && !difference) difference = join(document.querySelector(".difference"), 0);
    if (view !== "beside") choose();
    follow();
  }
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

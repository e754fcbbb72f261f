"use strict";
// Maps of a comparison: what one shows or points at, all show and point at.
(function () {
  const { drawMap } = window.allotment;
  const places = [...document.querySelectorAll(".pair .map")];
  const charts = places.map(place => drawMap(place, Number(place.dataset.alignment)));
  const buttons = [...document.querySelectorAll("[data-territory]")];
  let following = false, pressed = null;

  charts.forEach((chart, index) => {
    const others = charts.filter(other => other !== chart);
    chart.map.on("move zoomend", () => {
      if (following) return;
      following = true;
      others.forEach(other => other.map.setView(chart.map.getCenter(), chart.map.getZoom(), { animate: false }));
      following = false;
    });
    chart.whenUnit(unit => others.forEach(other => other.outlined(unit)));
    places[index].addEventListener("mouseleave", () => others.forEach(other => other.outlined(null)));
  });

  const mark = territory => charts.forEach(chart => chart.mark(territory));
  buttons.forEach((button, territory) => {
    button.addEventListener("mouseenter", () => mark(territory));
    button.addEventListener("mouseleave", () => mark(pressed));
    button.addEventListener("click", () => {
      pressed = pressed === territory ? null : territory;
      buttons.forEach((other, i) => other.setAttribute("aria-pressed", String(i === pressed)));
      mark(pressed);
    });
  });
})();

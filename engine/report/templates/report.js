"use strict";
(function () {
  const { data, drawMap, element, unitFacts, unitName } = window.allotment;
  const chart = drawMap(document.getElementById("plan-map"), 0);
  const about = document.getElementById("about"), find = document.getElementById("find"), found = document.getElementById("found");
  const buttons = [...document.querySelectorAll("#legend button")];
  let pressed = null;

  const tell = what => about.replaceChildren(what);
  const tellUnit = unit => tell(unitFacts(unit));
  function tellTerritory(t) {
    const box = element("div", undefined, "facts"), list = element("dl");
    box.append(element("strong", data.territories.id[t] + " " + data.territories.name[t]));
    box.append(element("p", data.alignments[0].label));
    for (const fact of data.territories.figures) {
      if (fact.values[t]) list.append(element("dt", fact.label), element("dd", fact.values[t]));
    }
    box.append(list);
    tell(box);
  }
  chart.whenUnit(tellUnit);
  function press(t) {
    pressed = t;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === pressed)));
    chart.mark(pressed);
  }

  buttons.forEach((button, t) => {
    const look = () => chart.mark(t), leave = () => chart.mark(pressed);
    button.addEventListener("mouseenter", look);
    button.addEventListener("mouseleave", leave);
    button.addEventListener("focus", look);
    button.addEventListener("blur", leave);
    button.addEventListener("click", () => {
      press(pressed === t ? null : t);
      if (pressed === null) { chart.fit(); return; }
      document.getElementById("plan-map").scrollIntoView({ block: "nearest" });
      chart.showTerritory(t);
      tellTerritory(t);
    });
  });

  // What a switch shows is made when the browser has nothing else to do.
  const later = window.requestIdleCallback || (then => setTimeout(then, 200));
  document.querySelectorAll("input[name=alignment]").forEach(input => {
    later(() => chart.prepare(Number(input.value)));
    input.addEventListener("change", () => chart.show(Number(input.value)));
  });

  function look() {
    const wanted = find.value.trim().toLowerCase(), names = data.units.name, ids = data.units.id, hits = [];
    for (let unit = 0; wanted && unit < ids.length; unit++) {
      const name = names[unit].toLowerCase();
      if (ids[unit].toLowerCase() === wanted || name === wanted) hits.push([0, unit]);
      else if (name.startsWith(wanted) || ids[unit].toLowerCase().startsWith(wanted)) hits.push([1, unit]);
      else if (name.includes(wanted)) hits.push([2, unit]);
    }
    hits.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    found.replaceChildren(...hits.slice(0, 8).map(([, unit]) => {
      const item = element("li"), button = element("button", unitName(unit) + " · " + ids[unit]);
      button.type = "button";
      button.addEventListener("click", () => {
        found.hidden = true;
        find.value = names[unit];
        press(null);
        chart.showUnit(unit);
        tellUnit(unit);
      });
      item.append(button);
      return item;
    }));
    if (wanted && !hits.length) found.append(element("li", "no unit of that name"));
    found.hidden = !wanted;
  }
  find.addEventListener("input", look);
  find.addEventListener("keydown", event => {
    const first = found.querySelector("button");
    if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
    if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    if (event.key === "Escape") found.hidden = true;
  });
  document.addEventListener("click", event => { if (!event.target.closest(".search")) found.hidden = true; });
})();

"use strict";
(function () {
  // Pictures of the maps are for paper: they are read when the browser has nothing else to do, or when it prints.
  const waiting = [...document.querySelectorAll(".pictures noscript")].flatMap(held => {
    const read = document.createElement("template");
    read.innerHTML = held.textContent;
    return [...read.content.children].map(picture => () => held.before(picture));
  });
  const later = window.requestIdleCallback || (then => setTimeout(then, 200));
  function next() {
    const show = waiting.shift();
    if (show) { show(); later(next); }
  }
  window.addEventListener("load", () => later(next));

  // Paper shows what is folded up on the screen.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    while (waiting.length) waiting.shift()();
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach(one => { one.open = true; });
  });
  window.addEventListener("afterprint", () => folded.forEach(one => { one.open = false; }));
})();

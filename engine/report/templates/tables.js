"use strict";
// Sorts a table by the column whose heading is pressed; again turns the order round.
document.querySelectorAll("th .sort").forEach(button => button.addEventListener("click", () => {
  const heading = button.closest("th"), row = heading.parentNode, body = row.closest("table").tBodies[0];
  const column = [...row.children].indexOf(heading), numeric = heading.classList.contains("n");
  const before = heading.getAttribute("aria-sort");
  const down = before ? before === "ascending" : numeric;
  [...row.children].forEach(other => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = line => {
    const cell = line.children[column];
    return numeric ? (cell.dataset.v === undefined ? -Infinity : Number(cell.dataset.v)) : cell.textContent;
  };
  const order = numeric ? (a, b) => value(a) - value(b) : (a, b) => value(a).localeCompare(value(b), "en", { numeric: true });
  const lines = [...body.rows].sort((a, b) => (down ? -1 : 1) * order(a, b));
  body.append(...lines);
}));

"use strict";
// Sorts a table by the column whose heading is pressed; again turns the order round. The headings are not
// buttons, because browsers do not repeat those on every printed page.
document.querySelectorAll("th.sort").forEach(heading => {
  const row = heading.parentNode, body = row.closest("table").tBodies[0];
  const column = [...row.children].indexOf(heading), numeric = heading.classList.contains("n");
  const value = line => {
    const cell = line.children[column];
    return numeric ? (cell.dataset.v === undefined ? -Infinity : Number(cell.dataset.v)) : cell.textContent;
  };
  const order = numeric ? (a, b) => value(a) - value(b) : (a, b) => value(a).localeCompare(value(b), "en", { numeric: true });
  function sort() {
    const before = heading.getAttribute("aria-sort"), down = before ? before === "ascending" : numeric;
    [...row.children].forEach(other => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * order(a, b)));
  }
  heading.tabIndex = 0;
  heading.title = "Sort by this column";
  heading.addEventListener("click", sort);
  heading.addEventListener("keydown", event => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); }
  });
});

// Rows of a table that hold every word asked for.
document.querySelectorAll("input[data-filter]").forEach(input => {
  const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows], told = input.closest("p").querySelector("[role=status]");
  const texts = rows.map(row => [...row.cells].map(cell => cell.textContent).join("\n").toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    rows.forEach((row, i) => { row.hidden = !words.every(word => texts[i].includes(word)); });
    const left = rows.filter(row => !row.hidden).length;
    told.textContent = input.value.trim() ? `${left} of ${rows.length} rows` : "";
  });
});

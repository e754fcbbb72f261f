"use strict";
// Outlines of units and of any groups of them, and which unit lies where. Data: see topology.py and map_data.py.
window.allotment = (function () {
  document.documentElement.classList.remove("still"); // pictures of the maps stand in where scripts do not run
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const units = data.units, count = units.id.length, NOBODY = -1;

  // An arc is a part of a border: the unit on its left and on its right (or nobody), its ends, and its points.
  const arcs = { left: [], right: [], from: [], to: [], points: [] };
  const ofUnit = units.id.map(() => []);
  (function decode(text) {
    const corners = new Map();
    let place = 0, left = 0, x = 0, y = 0;
    function number() {
      let value = 0, shift = 0, part;
      do { part = text.charCodeAt(place++) - 63; value |= (part & 31) << shift; shift += 5; } while (part & 32);
      return value & 1 ? ~(value >> 1) : value >> 1;
    }
    function corner() {
      const key = x * 32768 + y;
      if (!corners.has(key)) corners.set(key, corners.size);
      return corners.get(key);
    }
    while (place < text.length) {
      left += number();
      const beside = number(), points = new Int32Array(2 * number() + 2), arc = arcs.left.length;
      for (let i = 0; i < points.length; i += 2) {
        points[i] = x += number(); points[i + 1] = y += number();
        if (i === 0) arcs.from.push(corner());
      }
      arcs.to.push(corner());
      arcs.left.push(left); arcs.right.push(beside ? left + beside : NOBODY); arcs.points.push(points);
      ofUnit[left].push(arc);
      if (beside) ofUnit[left + beside].push(arc);
    }
    arcs.corners = corners.size;
  })(units.arcs);
  const outlined = unit => ofUnit[unit].length > 0, anyOutline = arcs.left.length > 0;

  function trace(path, arc, backwards, joined) {
    const points = arcs.points[arc], n = points.length;
    for (let i = 0; i < n; i += 2) {
      const k = backwards ? n - 2 - i : i;
      if (i === 0 && !joined) path.moveTo(points[k], points[k + 1]); else if (i || !joined) path.lineTo(points[k], points[k + 1]);
    }
  }
  // Around any group of units as many of its borders come to a corner as leave it, so going on from one to any that
  // leaves its end gives closed loops.
  const leaving = new Int32Array(arcs.corners).fill(-1);
  function loops(steps, see) { // a step is an arc, or ~arc against its direction
    const next = new Int32Array(steps.length);
    const from = step => step < 0 ? arcs.to[~step] : arcs.from[step], to = step => step < 0 ? arcs.from[~step] : arcs.to[step];
    for (let i = steps.length - 1; i >= 0; i--) { next[i] = leaving[from(steps[i])]; leaving[from(steps[i])] = i; }
    for (const begin of steps) {
      let joined = false, corner = from(begin), i;
      while ((i = leaving[corner]) >= 0) {
        leaving[corner] = next[i];
        see(steps[i], joined);
        corner = to(steps[i]);
        joined = true;
      }
    }
  }
  function path(steps) {
    const made = new Path2D();
    loops(steps, (step, joined) => trace(made, step < 0 ? ~step : step, step < 0, joined));
    return made;
  }
  const group = (of, unit) => unit < 0 ? NOBODY : of[unit];
  // One area a group 0, 1, ...; units of group -1 are in none.
  function areas(of, groups) {
    const steps = Array.from({ length: groups }, () => []);
    for (let arc = 0; arc < arcs.left.length; arc++) {
      const a = group(of, arcs.left[arc]), b = group(of, arcs.right[arc]);
      if (a === b) continue;
      if (a >= 0) steps[a].push(arc);
      if (b >= 0) steps[b].push(~arc);
    }
    return steps.map(path);
  }
  function borders(of) {
    const made = new Path2D();
    for (let arc = 0; arc < arcs.left.length; arc++) {
      if (arcs.right[arc] < 0 || of[arcs.left[arc]] !== of[arcs.right[arc]]) trace(made, arc, false, false);
    }
    return made;
  }
  const stepsOf = unit => ofUnit[unit].map(arc => arcs.left[arc] === unit ? arc : ~arc);
  function lines(unit) { // closed loops of [y, x]
    const made = [];
    loops(stepsOf(unit), (step, joined) => {
      if (!joined) made.push([]);
      const points = arcs.points[step < 0 ? ~step : step], line = [];
      for (let i = 0; i < points.length; i += 2) line.push([points[i + 1], points[i]]);
      made[made.length - 1].push(...(step < 0 ? line.reverse() : line));
    });
    return made;
  }
  function box(unit) { // least x, y, greatest x, y
    const [px, py] = units.at[unit], found = [px, py, px, py];
    for (const arc of ofUnit[unit]) {
      const points = arcs.points[arc];
      for (let i = 0; i < points.length; i += 2) {
        if (points[i] < found[0]) found[0] = points[i]; else if (points[i] > found[2]) found[2] = points[i];
        if (points[i + 1] < found[1]) found[1] = points[i + 1]; else if (points[i + 1] > found[3]) found[3] = points[i + 1];
      }
    }
    return found;
  }

  // Which units may be at a place: those whose box touches its cell of a coarse grid.
  const CELLS = 128, cell = Math.max(...data.extent) / CELLS || 1, cells = new Map();
  for (let unit = 0; unit < count; unit++) {
    const [x0, y0, x1, y1] = box(unit).map(value => Math.floor(value / cell));
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) {
      const key = y * 1024 + x, there = cells.get(key);
      if (there) there.push(unit); else cells.set(key, [unit]);
    }
  }
  const at = (x, y) => cells.get(Math.floor(y / cell) * 1024 + Math.floor(x / cell)) || [];
  const onLand = (x, y) => anyOutline && at(x, y).length > 0;
  const pen = document.createElement("canvas").getContext("2d"), shapes = new Map();
  function shape(unit) {
    if (!shapes.has(unit)) shapes.set(unit, path(stepsOf(unit)));
    return shapes.get(unit);
  }
  // The unit under a place, or the nearest dot that is no further than reach; null = none.
  function unitAt(x, y, reach) {
    let best = null, nearest = reach * reach;
    const around = Math.ceil(reach / cell);
    for (let dy = -around; dy <= around; dy++) for (let dx = -around; dx <= around; dx++) {
      for (const unit of at(x + dx * cell, y + dy * cell)) {
        if (outlined(unit)) continue;
        const apart = (units.at[unit][0] - x) ** 2 + (units.at[unit][1] - y) ** 2;
        if (apart <= nearest) { nearest = apart; best = unit; }
      }
    }
    if (best !== null) return best;
    const under = at(x, y).find(unit => outlined(unit) && pen.isPointInPath(shape(unit), x, y));
    return under === undefined ? null : under;
  }

  return { data, areas, borders, lines, box, outlined, anyOutline, onLand, unitAt };
})();

"use strict";
// Draws alignments of units on a Leaflet map. Data: see map_data.py. Text reaches the page as text only.
window.allotment = (function () {
  document.documentElement.classList.remove("still"); // pictures of the maps stand in where scripts do not run
  const INK = "#1b2733", BORDER = "#33414e", NOBODY = "#e4e6e8", STAYS = "#f4f5f6";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const units = data.units, territories = data.territories;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; made.dir = "auto"; }
    if (className) made.className = className;
    return made;
  }

  function decoded(ring) {
    const points = [];
    for (let i = 0, x = 0, y = 0; i < ring.length; i += 2) {
      x += ring[i]; y += ring[i + 1];
      points.push([y, x]);
    }
    return points;
  }
  const rings = units.rings.map(unit => unit.map(decoded));

  // Borders need no data of their own: an edge between two units is a border where they differ in something.
  const edges = new Map(), ids = new Map();
  function corner(point) {
    const key = point[0] * 32768 + point[1];
    if (!ids.has(key)) ids.set(key, ids.size);
    return ids.get(key);
  }
  function eachEdge(unit, see) {
    for (const ring of rings[unit]) {
      let before = corner(ring[ring.length - 1]);
      for (let i = 0; i < ring.length; i++) {
        const here = corner(ring[i]);
        const key = before < here ? before * 4194304 + here : here * 4194304 + before;
        see(key, ring[(i || ring.length) - 1], ring[i]);
        before = here;
      }
    }
  }
  rings.forEach((_, unit) => eachEdge(unit, key => {
    const sides = edges.get(key);
    if (sides) sides.push(unit); else edges.set(key, [unit]);
  }));
  function borders(differ) {
    const lines = [];
    rings.forEach((_, unit) => {
      let line = null;
      eachEdge(unit, (key, from, to) => {
        const sides = edges.get(key);
        const wanted = sides[0] === unit && (sides.length < 2 || differ(sides[0], sides[1]));
        if (!wanted) { line = null; return; }
        if (!line || line[line.length - 1] !== from) lines.push(line = [from]);
        line.push(to);
      });
    });
    return lines;
  }

  // Where there is land, on a coarse grid: a label beside its territory is best read over the sea.
  const CELLS = 128, cell = Math.max(...data.extent) / CELLS || 1, land = new Set();
  rings.forEach(unit => unit.forEach(ring => {
    const low = [0, 1].map(k => Math.floor(Math.min(...ring.map(point => point[k])) / cell));
    const high = [0, 1].map(k => Math.floor(Math.max(...ring.map(point => point[k])) / cell));
    for (let y = low[0]; y <= high[0]; y++) for (let x = low[1]; x <= high[1]; x++) land.add(y * 1024 + x);
  }));
  const onLand = (x, y) => land.has(Math.floor(y / cell) * 1024 + Math.floor(x / cell));

  // Labels that would cover each other or a home are moved aside, those with most room staying where they are.
  function placed(map, anchors) {
    const zoom = map.getZoom(), scale = Math.pow(2, zoom), boxes = [], places = [];
    const spots = anchors.map(a => a && { x: a[0] * scale, y: -a[1] * scale, room: a[2] * scale });
    const homes = data.homes.map(home => ({ x: home.at[0] * scale, y: -home.at[1] * scale }));
    const corner = map.latLngToContainerPoint([0, 0]), view = map.getSize();
    const inView = (x, y, half) => x + corner.x > half[0] && x + corner.x < view.x - half[0] && y + corner.y > half[1] && y + corner.y < view.y - half[1];
    const order = spots.map((_, i) => i).filter(i => spots[i]).sort((a, b) => spots[b].room - spots[a].room || a - b);
    for (const i of order) {
      const spot = spots[i], half = [4 * territories.id[i].length + 2, 8];
      const roomy = spot.room > 8, tried = roomy ? [[0, 0]] : [];
      if (spot.room > 20) tried.push([0, 13], [0, -13]);
      const near = other => Math.abs(other.x - spot.x) < 200 && Math.abs(other.y - spot.y) < 200;
      const rivals = order.filter(j => j !== i && near(spots[j])).map(j => spots[j]), dots = homes.filter(near), visible = inView(spot.x, spot.y, [0, 0]);
      for (const ring of [1.4, 2.2, 3.2, 4.4, 6]) for (let k = 0; k < 16; k++) {
        const angle = Math.PI * k / 8;
        tried.push([Math.cos(angle) * (16 * ring + half[0] - 8), Math.sin(angle) * 16 * ring]);
      }
      let best = null;
      for (const [dx, dy] of tried) {
        const x = spot.x + dx, y = spot.y + dy;
        const over = boxes.filter(b => Math.abs(b[0] - x) < b[2] + half[0] && Math.abs(b[1] - y) < b[3] + half[1]).length;
        const covers = other => Math.abs(other.x - x) < half[0] + 3 && Math.abs(other.y - y) < half[1] + 3;
        const ashore = roomy ? 0 : [-1, 0, 1].filter(k => onLand((x + k * half[0]) / scale, -y / scale)).length;
        const cut = visible && !inView(x, y, half) ? 1 : 0;
        const cost = 1e6 * (over + cut) + 1e3 * rivals.filter(covers).length + 18 * dots.filter(covers).length + 25 * ashore + Math.hypot(dx, dy);
        if (!best || cost < best.cost) best = { cost, x, y };
      }
      boxes.push([best.x, best.y, half[0], half[1]]);
      places[i] = { at: [-best.y / scale, best.x / scale], moved: Math.hypot(best.x - spot.x, best.y - spot.y) > 15 };
    }
    return places;
  }

  const unitName = unit => units.name[unit] + (units.group[unit] ? ", " + units.group[unit] : "");
  function ownerName(unit, alignment) {
    const owner = data.alignments[alignment].owner[unit];
    return owner < 0 ? data.nobody : territories.id[owner] + " " + territories.name[owner];
  }
  function unitBrief(unit, shown) {
    const box = element("div", undefined, "facts");
    box.append(element("strong", unitName(unit)), element("p", ownerName(unit, shown)));
    data.alignments.forEach((other, index) => {
      if (other.owner[unit] !== data.alignments[shown].owner[unit]) {
        box.append(element("p", other.label + ": " + ownerName(unit, index)));
      }
    });
    return box;
  }
  function moveBrief(unit, before, after) {
    const box = element("div", undefined, "facts"), list = element("dl");
    const owners = [before, after].map(index => data.alignments[index].owner[unit]);
    box.append(element("strong", unitName(unit)));
    if (owners[0] === owners[1]) box.append(element("p", "stays with " + ownerName(unit, after)));
    else box.append(element("p", "from " + ownerName(unit, before)), element("p", "to " + ownerName(unit, after)));
    units.figures.forEach(figure => list.append(element("dt", figure.label), element("dd", figure.values[unit] || "0")));
    box.append(list);
    return box;
  }
  function unitFacts(unit) {
    const box = element("div", undefined, "facts"), list = element("dl");
    box.append(element("strong", unitName(unit)));
    const say = (word, value) => { if (value) list.append(element("dt", word), element("dd", value)); };
    say("Unit", units.id[unit]);
    data.alignments.forEach((other, index) => say(other.label, ownerName(unit, index)));
    if (units.locked && units.locked[unit]) say("Locked", "yes");
    units.figures.forEach(figure => say(figure.label, figure.values[unit]));
    if (units.reason) box.append(element("p", units.reasons[units.reason[unit]]));
    box.append(list);
    return box;
  }

  function drawMap(place, first) {
    let shown = first, marked = null, before = null, onUnit = () => {};
    const small = place.clientWidth < 500, still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(place, {
      crs: L.CRS.Simple, preferCanvas: true, attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.75, minZoom: -20, maxZoom: 4,
      scrollWheelZoom: false, zoomAnimation: !still, fadeAnimation: false, wheelPxPerZoomLevel: 100,
    });
    L.control.zoom({ position: "bottomleft" }).addTo(map);
    const extent = L.latLngBounds([[0, 0], data.extent]);
    const fit = () => {
      map.setMinZoom(-20);
      map.fitBounds(extent, { padding: [14, 14], animate: false });
      map.setMinZoom(map.getZoom() - 0.5);
      map.setMaxZoom(map.getZoom() + 6);
      map.setMaxBounds(extent.pad(0.5));
    };
    map.on("click focus", () => map.scrollWheelZoom.enable());
    map.on("blur mouseout", event => { if (event.type === "blur" || !map.getContainer().matches(":hover")) map.scrollWheelZoom.disable(); });

    const owner = unit => data.alignments[shown].owner[unit];
    const stays = unit => before !== null && data.alignments[before].owner[unit] === owner(unit);
    const fill = unit => stays(unit) ? STAYS : owner(unit) < 0 ? NOBODY : territories.fill[owner(unit)];
    const style = unit => {
      const dim = marked !== null && owner(unit) !== marked;
      return rings[unit].length
        ? { fillColor: fill(unit), color: fill(unit), weight: 0.7, opacity: dim ? 0.3 : 1, fillOpacity: dim ? 0.3 : 1 }
        : { fillColor: fill(unit), color: BORDER, weight: 0.8, opacity: dim ? 0.3 : 1, fillOpacity: dim ? 0.3 : 1 };
    };
    fit();
    const layers = rings.map((unit, index) => {
      const at = [units.at[index][1], units.at[index][0]];
      const layer = unit.length ? L.polygon(unit, { smoothFactor: 0 }) : L.circleMarker(at, { radius: 5 });
      layer.unit = index;
      return layer.setStyle(style(index));
    });
    const all = L.featureGroup(layers).addTo(map);
    const line = (points, options) => L.polyline(points, { interactive: false, smoothFactor: 0, lineJoin: "round", ...options });
    const drawn = rings.some(unit => unit.length);
    if (drawn) line(borders((a, b) => units.group[a] !== units.group[b]), { color: "#fff", weight: 1.1 }).addTo(map);
    const outline = line([], { color: INK, weight: 2.4 });
    const homes = L.layerGroup(data.homes.map(home => {
      const dot = L.circleMarker([home.at[1], home.at[0]], { radius: small ? 3 : 4.5, color: "#fff", weight: 1.5, fillColor: INK, fillOpacity: 1 });
      return dot.bindTooltip(() => element("span", "Home base of " + territories.id[home.territory] + " " + territories.name[home.territory]));
    }));
    let frontier = null, former = null, tags = L.layerGroup().addTo(map);

    function label() {
      tags.clearLayers();
      const anchors = data.alignments[shown].anchors;
      placed(map, anchors).forEach((tag, t) => {
        if (tag.moved) tags.addLayer(line([[anchors[t][1], anchors[t][0]], tag.at], { color: INK, weight: 0.8 }));
        const text = element("span", territories.id[t]);
        const icon = L.divIcon({ html: text, className: "tag", iconSize: null });
        tags.addLayer(L.marker(tag.at, { icon, interactive: false, keyboard: false }));
      });
    }
    function show(index) {
      shown = index;
      all.eachLayer(layer => layer.setStyle(style(layer.unit)));
      if (frontier) frontier.remove();
      const own = data.alignments[shown].owner;
      frontier = drawn ? line(borders((a, b) => own[a] !== own[b]), { color: BORDER, weight: 1.5 }).addTo(map) : null;
      if (former) former.remove();
      const old = before === null ? null : data.alignments[before].owner;
      former = drawn && old ? line(borders((a, b) => old[a] !== old[b]), { color: BORDER, weight: 1.2, dashArray: "2 4" }).addTo(map) : null;
      homes.remove().addTo(map);
      label();
    }
    function differ(from, to) {
      before = from;
      show(to);
    }
    function mark(territory) {
      marked = territory;
      all.eachLayer(layer => layer.setStyle(style(layer.unit)));
    }
    function outlined(unit) {
      outline.setLatLngs(unit === null ? [] : rings[unit].map(ring => [...ring, ring[0]])).remove();
      if (unit !== null) outline.addTo(map);
    }
    function zoomTo(unitsWanted) {
      if (!unitsWanted.length) { fit(); return; }
      const bounds = L.latLngBounds([]);
      for (const unit of unitsWanted) bounds.extend(rings[unit].length ? layers[unit].getBounds() : layers[unit].getLatLng());
      map.fitBounds(bounds, { padding: [50, 50], maxZoom: map.getMaxZoom() - 1.5, animate: !still });
    }
    all.bindTooltip(layer => before === null ? unitBrief(layer.unit, shown) : moveBrief(layer.unit, before, shown), { sticky: true, direction: "auto" });
    all.on("mouseover click", event => { outlined(event.propagatedFrom.unit); onUnit(event.propagatedFrom.unit); });
    all.on("mouseout", () => outlined(null));
    map.on("zoomend", label);
    let size = [0, 0];
    new ResizeObserver(() => {
      const now = [place.clientWidth, place.clientHeight];
      if (now[0] && (now[0] !== size[0] || now[1] !== size[1])) { size = now; map.invalidateSize({ animate: false }); fit(); }
    }).observe(place);
    show(first);
    place.dataset.ready = "yes";
    return {
      map, show, differ, mark, outlined, fit,
      whenUnit: callback => { onUnit = callback; },
      showTerritory: territory => zoomTo(units.id.map((_, unit) => unit).filter(unit => owner(unit) === territory)),
      showUnit: unit => { zoomTo([unit]); outlined(unit); },
    };
  }

  return { data, drawMap, element, unitFacts, unitName };
})();

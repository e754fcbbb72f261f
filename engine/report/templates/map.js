"use strict";
// Draws alignments of units on a Leaflet map. Text reaches the page as text only.
(function () {
  const INK = "#1b2733", BORDER = "#33414e", NOBODY = "#e4e6e8", STAYS = "#f4f5f6", MOST_DOT = 5, LEAST_DOT = 1.2; // pixels
  const { data, areas, borders, lines, box, outlined, anyOutline, onLand, unitAt } = window.allotment;
  const units = data.units, territories = data.territories;
  const CROWD = territories.id.length > 60; // then a label stands only where it fits, and zooming in shows more

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; made.dir = "auto"; }
    if (className) made.className = className;
    return made;
  }

  // Labels that would cover each other or a home are moved aside, those with most room staying where they are.
  function placed(map, anchors) {
    const zoom = map.getZoom(), scale = Math.pow(2, zoom), boxes = [], places = [];
    const spots = anchors.map(a => a && { x: a[0] * scale, y: -a[1] * scale, room: a[2] * scale });
    const homes = data.homes.map(home => ({ x: home.at[0] * scale, y: -home.at[1] * scale }));
    const corner = map.latLngToContainerPoint([0, 0]), view = map.getSize();
    const inView = (x, y, half) => x + corner.x > half[0] && x + corner.x < view.x - half[0] && y + corner.y > half[1] && y + corner.y < view.y - half[1];
    const fits = i => !CROWD || (spots[i].room > 4 * territories.id[i].length && inView(spots[i].x, spots[i].y, [0, 0]));
    const order = spots.map((_, i) => i).filter(i => spots[i] && fits(i)).sort((a, b) => spots[b].room - spots[a].room || a - b);
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
        if (best.cost === 0) break;
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

  const regions = [...new Set(units.group)], regionOf = units.group.map(group => regions.indexOf(group));
  const regionBorders = borders(regionOf);
  const dots = units.id.map((_, unit) => unit).filter(unit => !outlined(unit));

  // What a view of alignments draws; views that were seen before are not made again. Groups: 0 nobody, 1 ... territories,
  // and last what has the same territory before and after.
  const STAY = territories.id.length + 1, views = new Map();
  function view(before, after) {
    const key = before + " " + after;
    if (!views.has(key)) {
      const own = data.alignments[after].owner, old = before === null ? null : data.alignments[before].owner;
      const groups = own.map((t, unit) => old && old[unit] === t ? STAY : t + 1), dotsOf = Array.from({ length: STAY + 1 }, () => []);
      for (const unit of dots) dotsOf[groups[unit]].push(unit);
      views.set(key, {
        fills: areas(groups, STAY + 1), dots: dotsOf, frontier: anyOutline ? borders(own) : null, former: anyOutline && old ? borders(old) : null,
      });
    }
    return views.get(key);
  }

  // One canvas a map: an area a territory, so that what is drawn does not grow with the number of units.
  const Canvas = L.Renderer.extend({
    options: { padding: 0.1 },
    initialize(paint) { L.Renderer.prototype.initialize.call(this); this.paint = paint; },
    _initContainer() { this._container = document.createElement("canvas"); },
    _destroyContainer() { this._container.remove(); },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.redraw();
    },
    redraw() {
      const canvas = this._container, size = this._bounds.getSize(), ratio = Math.max(1, window.devicePixelRatio || 1);
      const pen = canvas.getContext("2d"), wide = Math.round(ratio * size.x), high = Math.round(ratio * size.y);
      L.DomUtil.setPosition(canvas, this._bounds.min);
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide; canvas.height = high;
        canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
      }
      pen.resetTransform();
      pen.clearRect(0, 0, wide, high);
      const scale = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.latLngToLayerPoint([0, 0]).subtract(this._bounds.min);
      pen.setTransform(ratio * scale, 0, 0, -ratio * scale, ratio * origin.x, ratio * origin.y);
      pen.lineJoin = "bevel"; // the cheapest: lines are thin
      this.paint(pen, 1 / scale);
    },
  });

  function drawMap(place, first) {
    let shown = first, marked = null, before = null, onUnit = () => {}, seen = null;
    const small = place.clientWidth < 500, still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(place, {
      crs: L.CRS.Simple, attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.75, minZoom: -20, maxZoom: 4,
      scrollWheelZoom: false, zoomAnimation: !still, fadeAnimation: false, wheelPxPerZoomLevel: 100, renderer: L.svg(),
    });
    L.control.zoom({ position: "bottomleft" }).addTo(map);
    const extent = L.latLngBounds([[0, 0], data.extent]);
    let whole = 0; // the zoom that shows everything
    const fit = () => {
      map.setMinZoom(-20);
      whole = map.getBoundsZoom(extent, false, L.point(28, 28));
      map.fitBounds(extent, { padding: [14, 14], animate: false });
      map.setMinZoom(whole - 0.5);
      map.setMaxZoom(whole + 6);
      map.setMaxBounds(extent.pad(0.5));
    };
    map.on("click focus", () => map.scrollWheelZoom.enable());
    map.on("blur mouseout", event => { if (event.type === "blur" || !map.getContainer().matches(":hover")) map.scrollWheelZoom.disable(); });

    const owner = unit => data.alignments[shown].owner[unit];
    const colour = group => group === 0 ? NOBODY : group === STAY ? STAYS : territories.fill[group - 1];
    const dim = group => marked !== null && group !== marked + 1;
    const homeSize = small ? 3 : 4.5;
    function dotSize() { // so small that dots of a whole country stay apart
      const apart = Math.sqrt(place.clientWidth * place.clientHeight / Math.max(1, units.id.length)) * Math.pow(2, map.getZoom() - whole);
      return Math.min(MOST_DOT, Math.max(LEAST_DOT, 0.4 * apart));
    }
    function paint(pen, pixel) {
      const line = (path, color, width, dash) => {
        pen.strokeStyle = color; pen.lineWidth = width * pixel; pen.setLineDash((dash || []).map(one => one * pixel)); pen.stroke(path);
      };
      seen.fills.forEach((area, group) => {
        pen.globalAlpha = dim(group) ? 0.3 : 1;
        pen.fillStyle = colour(group);
        pen.fill(area);
      });
      const round = dotSize() * pixel;
      seen.dots.forEach((own, group) => {
        pen.globalAlpha = dim(group) ? 0.3 : 1;
        pen.fillStyle = colour(group);
        const path = new Path2D();
        for (const unit of own) { const [x, y] = units.at[unit]; path.moveTo(x + round, y); path.arc(x, y, round, 0, 7); }
        pen.fill(path);
        if (round > 2 * pixel) line(path, BORDER, 0.8);
      });
      pen.globalAlpha = 1;
      if (anyOutline) line(regionBorders, "#fff", 1.1);
      if (seen.frontier) line(seen.frontier, BORDER, 1.5);
      if (seen.former) line(seen.former, BORDER, 1.2, [2, 4]);
      pen.setLineDash([]);
      pen.fillStyle = INK; pen.strokeStyle = "#fff"; pen.lineWidth = 1.5 * pixel;
      for (const home of data.homes) { pen.beginPath(); pen.arc(...home.at, homeSize * pixel, 0, 7); pen.fill(); pen.stroke(); }
    }
    fit();
    const canvas = new Canvas(paint);
    const outline = L.polyline([], { interactive: false, smoothFactor: 0, lineJoin: "round", color: INK, weight: 2.4 });
    const tags = L.layerGroup().addTo(map), tip = L.tooltip({ direction: "auto", offset: [12, 0] });

    function label() {
      tags.clearLayers();
      const anchors = data.alignments[shown].anchors;
      placed(map, anchors).forEach((tag, t) => {
        if (tag.moved) tags.addLayer(L.polyline([[anchors[t][1], anchors[t][0]], tag.at], { interactive: false, smoothFactor: 0, color: INK, weight: 0.8 }));
        const icon = L.divIcon({ html: element("span", territories.id[t]), className: "tag", iconSize: null });
        tags.addLayer(L.marker(tag.at, { icon, interactive: false, keyboard: false }));
      });
    }
    let waiting = false, stale = false;
    function redraw() { // once a frame, and not while nobody sees it
      stale = true;
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        if (!stale || !canvas._map || !place.clientWidth) return;
        stale = false;
        canvas.redraw();
      });
    }
    function show(index) {
      const wanted = view(before, index);
      if (wanted === seen) return;
      shown = index;
      seen = wanted;
      redraw();
      label();
    }
    function differ(from, to) {
      before = from;
      show(to);
    }
    function mark(territory) {
      if (marked === territory) return;
      marked = territory;
      redraw();
    }
    function ringed(unit) {
      outline.setLatLngs(unit === null ? [] : lines(unit));
      if (unit === null) outline.remove(); else outline.addTo(map);
    }
    function zoomTo(unitsWanted) {
      if (!unitsWanted.length) { fit(); return; }
      const bounds = L.latLngBounds([]);
      for (const unit of unitsWanted) { const [x0, y0, x1, y1] = box(unit); bounds.extend([y0, x0]).extend([y1, x1]); }
      map.fitBounds(bounds, { padding: [50, 50], maxZoom: map.getMaxZoom() - 1.5, animate: !still });
    }
    // What lies under the pointer; a home counts before its unit.
    let under = null;
    function pointed(event) {
      if (event.originalEvent.target.closest(".leaflet-control")) return;
      const { lat: y, lng: x } = event.latlng, pixel = Math.pow(2, -map.getZoom());
      const home = data.homes.find(one => Math.hypot(one.at[0] - x, one.at[1] - y) < (homeSize + 1) * pixel);
      const unit = unitAt(x, y, (dotSize() + 1) * pixel), now = home || unit;
      if (now === null) { left(); return; }
      tip.setLatLng(event.latlng);
      if (now !== under || !map.hasLayer(tip)) {
        under = now;
        tip.setContent(home ? element("span", "Home base of " + territories.id[home.territory] + " " + territories.name[home.territory])
          : before === null ? unitBrief(unit, shown) : moveBrief(unit, before, shown));
        map.openTooltip(tip);
        ringed(unit);
        if (unit !== null) onUnit(unit);
      }
    }
    function left() {
      under = null;
      map.closeTooltip(tip);
      ringed(null);
    }
    map.on("mousemove click", pointed);
    map.on("mouseout", left);
    map.on(CROWD ? "moveend" : "zoomend", label);
    let size = [0, 0];
    new ResizeObserver(() => {
      const now = [place.clientWidth, place.clientHeight];
      if (now[0] && (now[0] !== size[0] || now[1] !== size[1])) { size = now; map.invalidateSize({ animate: false }); fit(); }
      if (stale) redraw();
    }).observe(place);
    size = [place.clientWidth, place.clientHeight];
    show(first);
    canvas.addTo(map);
    place.dataset.ready = "yes";
    return {
      map, show, differ, mark, outlined: ringed, fit,
      isWhole: () => map.getZoom() === whole,
      prepare: index => { view(null, index); },
      whenUnit: callback => { onUnit = callback; },
      showTerritory: territory => zoomTo(units.id.map((_, unit) => unit).filter(unit => owner(unit) === territory)),
      showUnit: unit => { zoomTo([unit]); ringed(unit); },
    };
  }

  Object.assign(window.allotment, { drawMap, element, unitFacts, unitName });
})();

// The question form of the admin: draws the regions of a picture question; the number fields stay what is sent.
(function () {
  "use strict";

  const NS = "http://www.w3.org/2000/svg";

  function connect() {
    const stage = document.querySelector("[data-regions-stage]");
    if (!stage || stage.dataset.connected) return;
    stage.dataset.connected = "yes";
    const svg = stage.querySelector("svg");
    const regions = Array.from(document.querySelectorAll("[data-region]")).map((row) => ({
      shape: row.querySelector("select"),
      sizes: Array.from(row.querySelectorAll('input[type="number"]')),
      corners: row.querySelector('input[type="text"]'),
      button: row.querySelector("[data-region-draw]"),
    }));
    const status = document.querySelector("[data-regions-status]");
    const STEP = 10;
    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    let active = null;
    let from = null;
    // Where the next corner goes by keyboard; null while nobody has pressed an arrow.
    let cursor = null;
    document.querySelector("[data-regions-help]").hidden = false;

    function redraw() {
      svg.textContent = "";
      regions.forEach((region) => {
        let drawn = null;
        const [x, y, rx, ry] = region.sizes.map((field) => Number(field.value));
        if (region.shape.value === "ellipse" && rx > 0 && ry > 0) {
          drawn = document.createElementNS(NS, "ellipse");
          Object.entries({ cx: x, cy: y, rx: rx, ry: ry }).forEach(([name, value]) => drawn.setAttribute(name, value));
        } else if (region.shape.value === "polygon" && region.corners.value.trim()) {
          drawn = document.createElementNS(NS, "polygon");
          drawn.setAttribute("points", region.corners.value);
        }
        if (drawn) {
          drawn.classList.toggle("is-active", region === active);
          svg.append(drawn);
        }
      });
      if (active && cursor) {
        const [x, y] = cursor;
        const cross = document.createElementNS(NS, "path");
        cross.setAttribute("d", `M${x - 30} ${y}H${x + 30}M${x} ${y - 30}V${y + 30}`);
        svg.append(cross);
      }
      stage.toggleAttribute("data-drawing", Boolean(active));
      // Only who draws has the picture among the places that Tab goes to.
      if (active) stage.tabIndex = 0;
      else stage.removeAttribute("tabindex");
      regions.forEach((region) => region.button.setAttribute("aria-pressed", region === active ? "true" : "false"));
    }

    function place(event) {
      const box = stage.getBoundingClientRect();
      const part = (at, start, size) => Math.round(Math.min(1, Math.max(0, (at - start) / size)) * 1000);
      return [part(event.clientX, box.left, box.width), part(event.clientY, box.top, box.height)];
    }

    function changed(field) {
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function stretch(to) {
      const values = [0, 1].map((axis) => Math.round((from[axis] + to[axis]) / 2));
      const radii = [0, 1].map((axis) => Math.max(1, Math.round(Math.abs(to[axis] - from[axis]) / 2)));
      values.concat(radii).forEach((value, index) => {
        active.sizes[index].value = value;
      });
      changed(active.sizes[3]);
      redraw();
    }

    function within(value, least) {
      return Math.min(1000, Math.max(least, value));
    }

    function moveEllipse([right, down], isSize) {
      // One that has no place yet begins in the middle.
      const start = active.sizes.map(({ value }, index) => Number(value === "" ? [500, 500, 50, 50][index] : value));
      const first = isSize ? 2 : 0;
      start[first] = within(start[first] + right * STEP, isSize ? 1 : 0);
      // An arrow upwards makes an ellipse higher.
      start[first + 1] = within(start[first + 1] + (isSize ? -down : down) * STEP, isSize ? 1 : 0);
      start.forEach((value, index) => {
        active.sizes[index].value = value;
      });
      changed(active.sizes[3]);
      status.textContent = start.join(" ");
    }

    function moveCursor([right, down], isFine) {
      const step = isFine ? 1 : STEP;
      cursor = cursor ? [within(cursor[0] + right * step, 0), within(cursor[1] + down * step, 0)] : [500, 500];
      status.textContent = cursor.join(",");
    }

    function addCorner(corner) {
      active.corners.value = (active.corners.value.trim() + " " + corner.join(",")).trim();
      changed(active.corners);
      status.textContent = active.corners.value;
    }

    function removeCorner() {
      active.corners.value = active.corners.value.trim().split(/\s+/).slice(0, -1).join(" ");
      changed(active.corners);
      status.textContent = active.corners.value;
    }

    function pressed(event) {
      if (!active || event.ctrlKey || event.altKey || event.metaKey) return;
      const isPolygon = active.shape.value === "polygon";
      if (ARROWS[event.key]) (isPolygon ? moveCursor : moveEllipse)(ARROWS[event.key], event.shiftKey);
      else if (event.key === "Escape") finish();
      else if (isPolygon && cursor && (event.key === "Enter" || event.key === " ")) addCorner(cursor);
      else if (isPolygon && event.key === "Backspace") removeCorner();
      else return;
      event.preventDefault();
      event.stopPropagation();
      redraw();
    }

    function finish() {
      const button = active.button;
      active = null;
      cursor = null;
      redraw();
      button.focus();
    }

    stage.addEventListener("keydown", pressed);
    regions.forEach((region) => {
      region.button.hidden = false;
      region.button.addEventListener("click", () => {
        active = active === region ? null : region;
        cursor = null;
        if (active && !active.shape.value) {
          active.shape.value = "ellipse";
          changed(active.shape);
        }
        redraw();
        if (active) stage.focus();
      });
      [region.shape, region.corners].concat(region.sizes).forEach((field) => field.addEventListener("input", redraw));
      region.shape.addEventListener("change", redraw);
    });
    svg.addEventListener("pointerdown", (event) => {
      if (!active) return;
      event.preventDefault();
      if (active.shape.value === "polygon") {
        addCorner(place(event));
        redraw();
      } else {
        from = place(event);
        svg.setPointerCapture(event.pointerId);
      }
    });
    svg.addEventListener("pointermove", (event) => {
      if (from) stretch(place(event));
    });
    svg.addEventListener("pointerup", (event) => {
      if (from) stretch(place(event));
      from = null;
    });
    svg.addEventListener("pointercancel", () => {
      from = null;
    });
    redraw();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", connect);
  else connect();
})();

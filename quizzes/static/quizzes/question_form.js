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
    let active = null;
    let from = null;
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
      stage.toggleAttribute("data-drawing", Boolean(active));
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

    regions.forEach((region) => {
      region.button.hidden = false;
      region.button.addEventListener("click", () => {
        active = active === region ? null : region;
        if (active && !active.shape.value) {
          active.shape.value = "ellipse";
          changed(active.shape);
        }
        redraw();
      });
      [region.shape, region.corners].concat(region.sizes).forEach((field) => field.addEventListener("input", redraw));
      region.shape.addEventListener("change", redraw);
    });
    svg.addEventListener("pointerdown", (event) => {
      if (!active) return;
      event.preventDefault();
      if (active.shape.value === "polygon") {
        active.corners.value = (active.corners.value.trim() + " " + place(event).join(",")).trim();
        changed(active.corners);
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

// Everything a page needs before it is used: the styles and one small controller per behaviour.
// Heavy libraries (hls.js) are loaded by their controller with a dynamic import().
import { Application } from "@hotwired/stimulus";

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import { registerControllers } from "./lib/controllers";

// The files above come first in the cascade; every other file in styles/ follows in the order of its name.
import.meta.glob(["./styles/*.css", "!./styles/{tokens,base,layout}.css"], { eager: true });

registerControllers(
  Application.start(),
  import.meta.glob(["./controllers/*_controller.ts"], { eager: true, import: "default" }),
);

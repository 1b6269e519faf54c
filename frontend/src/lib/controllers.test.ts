import { expect, test } from "vitest";

import { controllerName } from "./controllers";

test("a controller is bound by its file's name with dashes", () => {
  expect(controllerName("./controllers/job_progress_controller.ts")).toBe("job-progress");
  expect(controllerName("./controllers/player_controller.ts")).toBe("player");
});

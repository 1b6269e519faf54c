import type { Application, ControllerConstructor } from "@hotwired/stimulus";

/** The name a template binds: `./controllers/job_progress_controller.ts` is `job-progress`. */
export function controllerName(path: string): string {
  return path.replace(/^.*\//, "").replace(/_controller\.ts$/, "").replace(/_/g, "-");
}

export function registerControllers(application: Application, modules: Record<string, unknown>): void {
  for (const [path, controller] of Object.entries(modules)) {
    application.register(controllerName(path), controller as ControllerConstructor);
  }
}

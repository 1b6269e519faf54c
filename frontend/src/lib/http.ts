// Talking to our own API.
//
// Public pages (home, catalogue, course) are the same bytes for everybody: they hold no form and set no cookie. Pages that
// send something are private; Django sets the CSRF cookie with them, and they hold the token in a form or in
// <meta name="csrf-token">. The fragment request brings the learner's part of a public page, with its form and cookie.

export interface Answer {
  /** HTTP status; 0 when no answer came (offline, cut, timed out). */
  status: number;
  /** Parsed JSON; null for an empty answer or one that is not JSON. An error is {code, message, params[, fields]}. */
  body: any;
}

export interface SendOptions {
  method?: "POST" | "PUT" | "PATCH" | "DELETE" | "GET";
  headers?: Record<string, string>;
  /** Let the request outlive the page (at most 64 kB in all browsers). */
  keepalive?: boolean;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export function csrfToken(root: Document = document): string {
  const meta = root.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  if (meta?.content) return meta.content;
  const field = root.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]');
  if (field?.value) return field.value;
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(root.cookie);
  return cookie?.[1] ? decodeURIComponent(cookie[1]) : "";
}

/** Send JSON and read JSON. Never throws for what a server or a line can do: look at `status`. */
export async function send(url: string, body?: unknown, options: SendOptions = {}): Promise<Answer> {
  const { method = "POST", headers = {}, keepalive = false, timeoutMs = 30_000 } = options;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  options.signal?.addEventListener("abort", () => abort.abort());
  if (options.signal?.aborted) abort.abort();
  const sent: Record<string, string> = { Accept: "application/json", ...headers };
  if (method !== "GET") sent["X-CSRFToken"] = csrfToken();
  if (body !== undefined) sent["Content-Type"] = "application/json";
  try {
    const response = await fetch(url, {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      keepalive,
      signal: abort.signal,
    });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  } catch {
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

export function load(url: string, options: Omit<SendOptions, "method"> = {}): Promise<Answer> {
  return send(url, undefined, { ...options, method: "GET" });
}

function parse(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

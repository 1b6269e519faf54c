// How parts travel: with the token that holds now (people sign in again in another tab), and with their checksum.
import { defaultOptions } from "tus-js-client";
import type { HttpRequest, HttpResponse, HttpStack } from "tus-js-client";

import { csrfToken, type Answer } from "../http";
import { base64, sha256 } from "./digest";

function presentToken(): string {
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  return cookie?.[1] ? decodeURIComponent(cookie[1]) : csrfToken();
}

class CheckedRequest implements HttpRequest {
  private isAborted = false;

  constructor(private readonly inner: HttpRequest) {
    inner.setHeader("X-CSRFToken", presentToken());
    inner.setHeader("X-Requested-With", "XMLHttpRequest");
    inner.setHeader("Accept", "application/json");
  }

  async send(body: unknown): Promise<HttpResponse> {
    if (body instanceof Blob) {
      const digest = await sha256(body);
      if (digest) this.inner.setHeader("Upload-Checksum", `sha256 ${base64(digest)}`);
    }
    // Paused while the digest was made: nothing may leave any more, and nobody waits for an answer.
    if (this.isAborted) return new Promise(() => undefined);
    return this.inner.send(body);
  }

  abort(): Promise<void> {
    this.isAborted = true;
    return this.inner.abort();
  }

  getMethod = (): string => this.inner.getMethod();
  getURL = (): string => this.inner.getURL();
  getHeader = (name: string): string | undefined => this.inner.getHeader(name);
  setHeader = (name: string, value: string): void => this.inner.setHeader(name, value);
  setProgressHandler = (handler: (sent: number) => void): void => this.inner.setProgressHandler(handler);
  getUnderlyingObject = (): unknown => this.inner.getUnderlyingObject();
}

export function checkedStack(inner: HttpStack = defaultOptions.httpStack as HttpStack): HttpStack {
  return {
    createRequest: (method, url) => new CheckedRequest(inner.createRequest(method, url)),
    getName: () => "CheckedStack",
  };
}

/** Send a form and read JSON; never throws for what a server or a line can do. */
export async function deed(url: string, fields: Record<string, string>): Promise<Answer> {
  const headers = { Accept: "application/json", "X-CSRFToken": presentToken(), "X-Requested-With": "XMLHttpRequest" };
  try {
    const body = new URLSearchParams(fields);
    const response = await fetch(url, { method: "POST", headers, body, credentials: "same-origin" });
    return { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}

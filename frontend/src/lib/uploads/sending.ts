// One file on its way by tus. It goes on by itself after whatever a line or a server does; what the server refuses, and
// says why, ends it.
import { Upload } from "tus-js-client";
import type { DetailedError, HttpStack } from "tus-js-client";

import { checkedStack } from "./stack";

export type Ending =
  | { kind: "arrived" }
  /** The line or the server is gone for longer than we tried; `start` goes on. */
  | { kind: "broken" }
  /** Signed out meanwhile; after signing in `start` goes on. */
  | { kind: "signed-out" }
  /** Nothing will make the server take this; `message` says why, "" if the server did not. */
  | { kind: "refused"; message: string; isGone: boolean };

export interface SendingOptions {
  endpoint: string;
  /** Where the upload lies already. */
  url?: string;
  partBytes: number;
  metadata: Record<string, string>;
  onProgress: (sent: number) => void;
  onBegun: (url: string) => void;
  onEnd: (ending: Ending) => void;
  stack?: HttpStack;
  retryDelays?: number[];
}

const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000];
// What passes by itself: another request still holds the upload, a part came damaged, the server stands elsewhere.
const PASSING = new Set([409, 423, 429, 460]);

function answerOf(error: Error): { status: number; code: string; message: string } {
  const response = (error as DetailedError).originalResponse;
  if (!response) return { status: 0, code: "", message: "" };
  let body: { code?: string; message?: string } = {};
  try {
    body = JSON.parse(response.getBody()) ?? {};
  } catch {
    body = {};
  }
  return { status: response.getStatus(), code: body.code ?? "", message: body.message ?? "" };
}

/** Whether the same again may succeed without anybody doing anything. */
export function passes(error: Error): boolean {
  const { status, code } = answerOf(error);
  if (status === 507) return false;
  if (status === 0 || status >= 500) return true;
  if (code === "part_interrupted" || code === "wrong_offset") return true;
  return PASSING.has(status) && code !== "lecture_busy" && code !== "too_many_uploads";
}

export function endingOf(error: Error): Ending {
  const { status, code, message } = answerOf(error);
  if (passes(error)) return { kind: "broken" };
  if (status === 401 || (status === 403 && code !== "quota_exceeded")) return { kind: "signed-out" };
  return { kind: "refused", message, isGone: status === 404 || status === 410 };
}

export class Sending {
  private readonly upload: Upload;

  constructor(file: File, options: SendingOptions) {
    this.upload = new Upload(file, {
      // Of a resumed upload that is gone no second one may be begun behind the person's back.
      endpoint: options.url ? null : options.endpoint,
      uploadUrl: options.url ?? null,
      chunkSize: options.partBytes,
      retryDelays: options.retryDelays ?? RETRY_DELAYS,
      // Some hospitals' proxies let POST pass and nothing else.
      overridePatchMethod: true,
      // The server knows my unfinished uploads; nothing stays in a browser that others use too.
      storeFingerprintForResuming: false,
      metadata: options.metadata,
      httpStack: options.stack ?? checkedStack(),
      onShouldRetry: passes,
      onProgress: (sent) => options.onProgress(sent),
      onUploadUrlAvailable: () => {
        this.upload.options.endpoint = null;
        options.onBegun(this.upload.url ?? "");
      },
      onSuccess: () => options.onEnd({ kind: "arrived" }),
      onError: (error) => options.onEnd(endingOf(error)),
    });
  }

  start(): void {
    this.upload.start();
  }

  pause(): void {
    void this.upload.abort();
  }
}

// Digests of what is sent. Browsers offer them on secure pages only (https, localhost); elsewhere parts go without.

export async function sha256(data: Blob): Promise<Uint8Array | null> {
  if (typeof crypto === "undefined" || !crypto.subtle) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await bytesOf(data)));
}

/** Safari 13 has no Blob.arrayBuffer. */
export function bytesOf(data: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsArrayBuffer(data);
  });
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const EDGE = 256 * 1024;

/**
 * By what a file is known again, in another browser and after it was copied: its size, its beginning and its end.
 * Without digests by its name and when it was changed.
 */
export async function fingerprint(file: File): Promise<string> {
  const edges = new Blob([String(file.size), file.slice(0, EDGE), file.slice(Math.max(0, file.size - EDGE))]);
  const digest = await sha256(edges);
  if (digest) return `edges ${base64(digest)}`;
  return `name ${file.size} ${file.lastModified} ${file.name}`.slice(0, 100);
}

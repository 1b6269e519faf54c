// Which way a browser plays a lecture: its own HLS on Apple's, hls.js where Media Source exists, else the one MP4.

export interface Addresses {
  master_url: string;
  mp4_url: string;
}

export interface Source {
  kind: "native" | "hls.js" | "mp4";
  /** Stop loading; the video keeps its last picture. */
  detach(): void;
}

const HLS_TYPE = "application/vnd.apple.mpegurl";

/** Let `video` load `addresses` from `startS` on. `failed` is called when playing cannot go on by itself. */
export async function attach(
  video: HTMLVideoElement,
  addresses: Addresses,
  startS: number,
  failed: () => void,
): Promise<Source> {
  const native = video.canPlayType(HLS_TYPE) !== "";
  if (native && /Apple/.test(navigator.vendor)) return plain(video, "native", addresses.master_url, startS, failed);
  if (hasMediaSource()) {
    try {
      return await withHls(video, addresses, startS, failed);
    } catch {
      // The part could not be loaded on this line: the plain file needs nothing but the browser.
    }
  }
  if (native) return plain(video, "native", addresses.master_url, startS, failed);
  return plain(video, "mp4", addresses.mp4_url, startS, failed);
}

export function hasMediaSource(): boolean {
  const known = (window as { MediaSource?: { isTypeSupported?(type: string): boolean } }).MediaSource;
  return !!known?.isTypeSupported?.('video/mp4; codecs="avc1.42E01E,mp4a.40.2"');
}

function plain(
  video: HTMLVideoElement,
  kind: "native" | "mp4",
  address: string,
  startS: number,
  failed: () => void,
): Source {
  const seek = () => {
    if (startS > 0) video.currentTime = startS;
  };
  video.addEventListener("loadedmetadata", seek, { once: true });
  video.addEventListener("error", failed);
  video.src = address;
  video.load();
  return {
    kind,
    detach: () => {
      video.removeEventListener("loadedmetadata", seek);
      video.removeEventListener("error", failed);
    },
  };
}

async function withHls(
  video: HTMLVideoElement,
  addresses: Addresses,
  startS: number,
  failed: () => void,
): Promise<Source> {
  // Sound is one rendition of its own, shared by all heights: hls.js/light cannot play that.
  const { default: Hls } = await import("hls.js");
  if (!Hls.isSupported()) return plain(video, "mp4", addresses.mp4_url, startS, failed);
  const hls = new Hls({
    startPosition: startS > 0 ? startS : -1,
    maxBufferLength: 30,
    maxMaxBufferLength: 60,
    backBufferLength: 30,
    // No taller picture than its place on the page: county lines pay for every pixel.
    capLevelToPlayerSize: true,
    abrEwmaDefaultEstimate: 600_000,
    enableWorker: true,
  });
  let recoveries = 0;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries < 3) {
      recoveries += 1;
      hls.recoverMediaError();
    } else {
      failed();
    }
  });
  hls.loadSource(addresses.master_url);
  hls.attachMedia(video);
  return { kind: "hls.js", detach: () => hls.destroy() };
}

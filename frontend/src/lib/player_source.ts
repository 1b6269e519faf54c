// Which way a browser plays a lecture: its own HLS on Apple's, hls.js where Media Source exists, else the one MP4.

export interface Addresses {
  master_url: string;
  mp4_url: string;
}

/** Why the picture cannot be loaded on: what was asked for did not come, or the browser cannot play what came. */
export type Failure = "line" | "media";

export interface Source {
  kind: "native" | "hls.js" | "mp4";
  /** Play `height` from here on, null for what the line allows. False if it must be loaded anew for that. */
  choose(height: number | null): boolean;
  /** Ask at once for what did not come. False if it must be loaded anew for that. */
  wake(): boolean;
  /** Stop loading; the video keeps its last picture. */
  detach(): void;
}

export interface Wish {
  startS: number;
  /** The height chosen by hand; null for what the line allows. */
  height: number | null;
  /** Playing cannot go on by itself. */
  failed: (failure: Failure) => void;
  /** The height that is shown from now on. */
  shown: (height: number) => void;
}

const HLS_TYPE = "application/vnd.apple.mpegurl";
/** As much as a line that is paid by the megabyte should carry unasked. */
const THRIFTY_HEIGHT = 480;

interface Connection {
  saveData?: boolean;
  type?: string;
}

/** Let `video` load `addresses` as wished. */
export async function attach(video: HTMLVideoElement, addresses: Addresses, wish: Wish): Promise<Source> {
  const native = video.canPlayType(HLS_TYPE) !== "";
  if (native && /Apple/.test(navigator.vendor)) return nativeHls(video, addresses, wish);
  if (hasMediaSource()) {
    try {
      return await withHls(video, addresses, wish);
    } catch {
      // The part could not be loaded on this line: the plain file needs nothing but the browser.
    }
  }
  if (native) return nativeHls(video, addresses, wish);
  return plain(video, "mp4", addresses.mp4_url, wish);
}

export function hasMediaSource(): boolean {
  const known = (window as { MediaSource?: { isTypeSupported?(type: string): boolean } }).MediaSource;
  return !!known?.isTypeSupported?.('video/mp4; codecs="avc1.42E01E,mp4a.40.2"');
}

/** What the browser tells of its line. */
export function connection(): { isSaving: boolean; isCellular: boolean } {
  const known = (navigator as { connection?: Connection }).connection;
  return { isSaving: known?.saveData === true, isCellular: known?.type === "cellular" };
}

/** A height chosen by hand has a master playlist of its own: browsers' own HLS takes no other word. */
function nativeHls(video: HTMLVideoElement, addresses: Addresses, wish: Wish): Source {
  const { master_url } = addresses;
  const address = wish.height === null ? master_url : master_url.replace(/\.m3u8$/, `-${wish.height}.m3u8`);
  return plain(video, "native", address, wish);
}

function plain(video: HTMLVideoElement, kind: "native" | "mp4", address: string, wish: Wish): Source {
  const seek = () => {
    if (wish.startS > 0) video.currentTime = wish.startS;
  };
  const failed = () => wish.failed(video.error?.code === 3 || video.error?.code === 4 ? "media" : "line");
  video.addEventListener("loadedmetadata", seek, { once: true });
  video.addEventListener("error", failed);
  video.src = address;
  video.load();
  return {
    kind,
    choose: () => kind === "mp4",
    wake: () => false,
    detach: () => {
      video.removeEventListener("loadedmetadata", seek);
      video.removeEventListener("error", failed);
    },
  };
}

async function withHls(video: HTMLVideoElement, addresses: Addresses, wish: Wish): Promise<Source> {
  // Sound is one rendition of its own, shared by all heights: hls.js/light cannot play that.
  const { default: Hls } = await import("hls.js");
  if (!Hls.isSupported()) return plain(video, "mp4", addresses.mp4_url, wish);
  const { isSaving, isCellular } = connection();
  const isThrifty = isSaving || isCellular;
  const hls = new Hls({
    startPosition: wish.startS > 0 ? wish.startS : -1,
    maxBufferLength: 30,
    maxMaxBufferLength: 60,
    backBufferLength: 30,
    // No taller picture than its place on the page: county lines pay for every pixel. It would undo a cap of ours.
    capLevelToPlayerSize: !isSaving,
    abrEwmaDefaultEstimate: isThrifty ? 150_000 : 600_000,
    ...(isThrifty ? { startLevel: 0 } : {}),
    enableWorker: true,
  });
  /** The folder that a level lies in is named by its height. */
  const heights = () => hls.levels.map((level) => Number(/\/(\d+)\/i\.m3u8/.exec(level.url[0] ?? "")?.[1] ?? 0));
  const choose = (height: number | null) => {
    hls.nextLevel = height === null ? -1 : heights().indexOf(height);
    return true;
  };
  let recoveries = 0;
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    if (isSaving) {
      const most = heights().filter((height) => height <= THRIFTY_HEIGHT).length;
      hls.autoLevelCapping = Math.max(0, most - 1);
    }
    if (wish.height !== null) hls.startLevel = Math.max(0, heights().indexOf(wish.height));
    if (wish.height !== null) choose(wish.height);
  });
  hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => {
    const height = heights()[level];
    if (height) wish.shown(height);
  });
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries < 3) {
      recoveries += 1;
      hls.recoverMediaError();
    } else {
      wish.failed(data.type === Hls.ErrorTypes.NETWORK_ERROR ? "line" : "media");
    }
  });
  hls.loadSource(addresses.master_url);
  hls.attachMedia(video);
  return {
    kind: "hls.js",
    choose,
    wake: () => {
      hls.startLoad();
      return true;
    },
    detach: () => hls.destroy(),
  };
}

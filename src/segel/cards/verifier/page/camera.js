/** The camera: frame after frame to the reader, as fast as it answers. No frame is kept. */

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
/** The longer side of what is read; a card's code of version 20 has 97 modules across. */
const SIDE_MAX = 1280;

export class Camera {
  #video;
  #reader;
  #found;
  #stream = null;
  #canvas = document.createElement("canvas");
  #paused = false;
  #looking = false;

  /** `found(codes, frame)` is called for each frame with codes, and awaited. */
  constructor(video, reader, found) {
    this.#video = video;
    this.#reader = reader;
    this.#found = found;
  }

  get isOn() {
    return this.#stream !== null;
  }

  /** `facing` away from the screen, or the "user". Throws what getUserMedia throws. */
  async start(facing = "environment") {
    const video = { facingMode: { ideal: facing }, ...SIZE };
    this.#stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#look();
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#canvas.width = this.#canvas.height = 0;
  }

  pause() {
    this.#paused = true;
  }

  goOn() {
    this.#paused = false;
    this.#look();
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    while (this.isOn && !this.#paused) {
      await this.#nextFrame();
      if (!this.isOn || this.#paused || !this.#video.videoWidth) continue;
      const frameAt = performance.now();
      const { codes, tookMs } = await this.#reader.read(this.#frame(), true);
      if (!codes.length || !this.isOn || this.#paused) continue;
      // Whatever is wrong with one code, the next frame is looked at.
      await this.#found(codes, { frameAt, tookMs }).catch(reportError);
    }
    this.#looking = false;
  }

  #nextFrame() {
    return new Promise((resolve) => {
      if (this.#video.requestVideoFrameCallback) {
        this.#video.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 500); // a camera that was stopped sends none
      } else setTimeout(resolve, 50);
    });
  }

  #frame() {
    const { videoWidth, videoHeight } = this.#video;
    const scale = Math.min(1, SIDE_MAX / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale);
    const height = Math.round(videoHeight * scale);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.#video, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}

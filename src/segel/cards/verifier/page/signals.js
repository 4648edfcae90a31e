/** What is heard and felt of a verdict: rising for fit, low and rough for not, three alike for amber. */

const TONES = {
  fit: { type: "sine", notes: [[660, 0, 0.14], [990, 0.15, 0.28]] },
  not: { type: "sawtooth", notes: [[150, 0, 0.34], [110, 0.38, 0.46]] },
  cannot: { type: "triangle", notes: [[440, 0, 0.1], [440, 0.18, 0.1], [440, 0.36, 0.1]] },
};
const BUZZES = { fit: [80], not: [300, 100, 300], cannot: [80, 80, 80, 80, 80] };
const LOUDNESS = 0.35;
const FADE_S = 0.02;

let context = null;

/** Browsers allow sound only after a touch; call this from one. */
export function allowSound() {
  if (context || !window.AudioContext) return;
  context = new AudioContext();
  context.resume();
  note("sine", 440, 0, 2 * FADE_S, 0); // what is not heard makes ready what is
}

export function signal(verdict) {
  navigator.vibrate?.(BUZZES[verdict]);
  if (context?.state !== "running") return;
  const { type, notes } = TONES[verdict];
  for (const [hertz, from, length] of notes) note(type, hertz, context.currentTime + from, length);
}

function note(type, hertz, from, length, loudness = LOUDNESS) {
  const oscillator = new OscillatorNode(context, { type, frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(loudness, from + FADE_S);
  gain.gain.setValueAtTime(loudness, from + length - FADE_S);
  gain.gain.linearRampToValueAtTime(0, from + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(from + length);
}

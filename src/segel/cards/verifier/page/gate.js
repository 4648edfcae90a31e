/**
 * A venue's gate: shows a nonce, which a holder's app answers with a pass.
 *
 * A nonce is good for one answer. It changes by itself, too, so that nobody passes it on to a friend
 * outside; the one before is still taken for those who were just scanning it.
 */
import { judgePass, gateText, newNonce, typedGateText } from "../card/passes.js";

const NEW_NONCE_MS = 30_000;
const SHOWN_MAX = 2;

export class Gate {
  #code;
  #typed;
  #lists;
  #nonces = [];
  #timer = null;

  /** `code` is a canvas, `typed` shows the nonce for those without a camera. */
  constructor(code, typed, lists) {
    this.#code = code;
    this.#typed = typed;
    this.#lists = lists;
  }

  get isOpen() {
    return this.#timer !== null;
  }

  async open() {
    this.#timer ??= setInterval(() => this.#renew(), NEW_NONCE_MS);
    await this.#renew();
  }

  close() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#nonces = [];
  }

  async #renew() {
    const { drawCode } = await import("./gate_code.js");
    const nonce = newNonce();
    this.#nonces = [nonce, ...this.#nonces].slice(0, SHOWN_MAX);
    await drawCode(this.#code, gateText(nonce));
    this.#typed.textContent = typedGateText(nonce);
  }

  /** The judgement of a text at the time `at`; `paper`: whether a pass on paper is let in. */
  async judge(text, at, paper) {
    const { trust, revoked } = this.#lists.inForce(at);
    const judgement = await judgePass(text, trust, at, this.#nonces, revoked, paper);
    if (judgement.reason !== "valid") return judgement;
    this.#nonces = [];
    await this.#renew();
    return judgement;
  }
}


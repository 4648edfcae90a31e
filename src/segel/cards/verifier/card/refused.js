/** What every step of reading throws: one reason, as `segel.cards.reasons` names it. */
export class Refused extends Error {
  /** `place` says where in the card, never what stood there. */
  constructor(reason, place = "") {
    super(reason);
    this.reason = reason;
    this.place = place;
  }
}

/** Throws what `attempt` throws as the reason given: the words of an error may have a card in them. */
export function orRefuse(reason, attempt) {
  try {
    return attempt();
  } catch {
    throw new Refused(reason);
  }
}

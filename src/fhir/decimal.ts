/**
 * A number that JavaScript would print otherwise than it was written: 1.00, 1e400, 12345678901234567890.
 * Numbers that survive the round trip stay plain numbers, so that ordinary data costs nothing.
 * https://hl7.org/fhir/R4/datatypes.html#decimal ("the precision of the decimal value has significance")
 */
export class Decimal {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** For comparison and arithmetic; the precision is lost. */
  valueOf(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }

  /** `JSON.stringify` prints the digits as they were written. */
  toJSON(): unknown {
    return rawJson(this.text)
  }
}

// ES2026 JSON.rawJSON is in V8 but not yet in TypeScript's library.
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

/** The number for a JSON literal: plain where JavaScript prints the same digits again. */
export function numberOf(literal: string): number | Decimal {
  const value = Number(literal)
  return String(value) === literal ? value : new Decimal(literal)
}

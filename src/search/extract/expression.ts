/**
 * The part of FHIRPath that search parameters are written in, as a tree. http://hl7.org/fhirpath/N1/#expressions
 * What is not in here is left to the FHIRPath engine.
 */
export type Expression =
  /** The element that the expression is evaluated on: `$this`, and what stands before a name that begins a path. */
  | { readonly op: 'focus' }
  /** `%resource`: the whole resource, wherever the focus is. */
  | { readonly op: 'resource' }
  /** `Patient` at the beginning of a path: the focus if it is one, else nothing. */
  | { readonly op: 'typed'; readonly type: string }
  | { readonly op: 'member'; readonly of: Expression; readonly name: string }
  /** `ofType(X)`, `as(X)`, `as X` */
  | { readonly op: 'ofType'; readonly of: Expression; readonly type: string }
  | { readonly op: 'where'; readonly of: Expression; readonly condition: Expression }
  /** `[0]`, `first()` */
  | { readonly op: 'item'; readonly of: Expression; readonly index: number }
  | { readonly op: 'union'; readonly of: readonly Expression[] }
  | { readonly op: 'exists'; readonly of: Expression }
  /** `resolve() is X`: what the reference in focus points at is an X. */
  | { readonly op: 'refersTo'; readonly of: Expression; readonly type: string }
  | { readonly op: 'equal' | 'unequal'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'literal'; readonly value: string | number | boolean }

/** Thrown where the compiler gives up an expression to the engine; never leaves this folder. */
export class Uncovered extends Error {
  override readonly name = 'Uncovered'
}

/** There is no element of this name, `Patient.colour`, and so the engine finds none either. */
export class NoElement extends Uncovered {}

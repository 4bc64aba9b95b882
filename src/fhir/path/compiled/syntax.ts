/** A FHIRPath expression as a tree. http://hl7.org/fhirpath/N1/grammar.html */

export type Binary =
  | '*'
  | '/'
  | 'div'
  | 'mod'
  | '+'
  | '-'
  | '&'
  | '|'
  | '<'
  | '<='
  | '>'
  | '>='
  | '='
  | '!='
  | '~'
  | '!~'
  | 'in'
  | 'contains'
  | 'and'
  | 'or'
  | 'xor'
  | 'implies'

/** `Patient`, `FHIR.Patient`, `System.String` */
export type TypeName = { readonly namespace?: string; readonly name: string }

export type LiteralType = 'String' | 'Boolean' | 'Integer' | 'Decimal' | 'Date' | 'DateTime' | 'Time'

export type Syntax =
  | { readonly op: 'empty' }
  | { readonly op: 'literal'; readonly type: LiteralType; readonly text: string }
  | { readonly op: 'quantity'; readonly value: string; readonly unit: string; readonly calendar: boolean }
  | { readonly op: '$'; readonly name: 'this' | 'index' | 'total' }
  | { readonly op: '%'; readonly name: string }
  /** `of` is absent where the member, or the function, stands at the start of an expression. */
  | { readonly op: 'member'; readonly of?: Syntax; readonly name: string }
  | {
      readonly op: 'call'
      readonly of?: Syntax
      readonly name: string
      readonly args: readonly Syntax[]
      readonly at: number
    }
  | { readonly op: 'item'; readonly of: Syntax; readonly index: Syntax }
  | { readonly op: 'sign'; readonly of: Syntax; readonly negative: boolean }
  | { readonly op: 'is' | 'as'; readonly of: Syntax; readonly type: TypeName }
  | { readonly op: 'binary'; readonly sign: Binary; readonly left: Syntax; readonly right: Syntax }

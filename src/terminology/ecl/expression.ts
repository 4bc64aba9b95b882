/** An expression constraint as a tree. https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language */

export type Expression =
  | ConceptReference
  | AlternateIdentifier
  | { readonly op: 'any' }
  | { readonly op: Hierarchy; readonly of: Expression }
  | Members
  | Containing
  | { readonly op: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly op: 'minus'; readonly of: Expression; readonly without: Expression }
  | { readonly op: 'refined'; readonly of: Expression; readonly by: Refinement }
  | { readonly op: 'dotted'; readonly of: Expression; readonly attributes: readonly Expression[] }
  | { readonly op: 'described'; readonly of: Expression; readonly filters: readonly DescriptionFilter[] }
  | { readonly op: 'conceptual'; readonly of: Expression; readonly filters: readonly ConceptFilter[] }
  | History

/** `at`: its place in the text, for messages. */
export type ConceptReference = { readonly op: 'concept'; readonly code: string; readonly at: number }

/** `scheme`: one of those in schemes.ts. */
export type AlternateIdentifier = {
  readonly op: 'alternate'
  readonly scheme: string
  readonly identifier: string
  readonly at: number
}

export type Hierarchy = '<' | '<<' | '<!' | '<<!' | '>' | '>>' | '>!' | '>>!' | '!!>' | '!!<'

/** `fields`: those asked for in place of `referencedComponentId`; `*` is all. */
export type Members = {
  readonly op: 'members'
  readonly of: Expression
  readonly at: number
  readonly fields?: readonly string[] | '*'
  readonly filters: readonly MemberFilter[]
}

/** The reference sets that have any of these as a member. */
export type Containing = {
  readonly op: 'containing'
  readonly of: Expression
  readonly at: number
  readonly filters: readonly MemberFilter[]
}

/** `subset`: the reference sets to look into, in place of a profile. */
export type History = {
  readonly op: 'history'
  readonly of: Expression
  readonly at: number
  readonly profile: 'min' | 'mod' | 'max'
  readonly subset?: Expression
}

export type Refinement =
  | { readonly op: 'and' | 'or'; readonly of: readonly Refinement[] }
  | { readonly op: 'group'; readonly cardinality: Cardinality; readonly of: Refinement }
  | Attribute

/** No `most` is many. */
export type Cardinality = { readonly least: number; readonly most?: number }

export type Attribute = {
  readonly op: 'attribute'
  readonly at: number
  readonly cardinality: Cardinality
  readonly reverse: boolean
  readonly name: Expression
  readonly compare: Comparison
  readonly value: AttributeValue
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

export type AttributeValue =
  | { readonly is: 'concepts'; readonly of: Expression }
  | { readonly is: 'number'; readonly number: number }
  | { readonly is: 'text'; readonly anyOf: readonly SearchTerm[] }
  | { readonly is: 'boolean'; readonly boolean: boolean }

/** `match`: beginnings of words in any order; `wild`: the whole term, `*` for any characters; `exact`: the whole, letter by letter. */
export type SearchTerm = { readonly how: 'match' | 'wild' | 'exact'; readonly text: string }

type Test<What extends string> = { readonly what: What; readonly at: number; readonly compare: Comparison }

export type CommonFilter =
  | (Test<'moduleId'> & { readonly of: Expression })
  | (Test<'effectiveTime'> & { readonly anyOf: readonly string[] })
  /** No `active`: either. */
  | (Test<'active'> & { readonly active?: boolean })

export type ConceptFilter =
  | CommonFilter
  | (Test<'definitionStatus'> & { readonly anyOf: readonly ('primitive' | 'defined')[] })
  | (Test<'definitionStatusId'> & { readonly of: Expression })

export type DescriptionFilter =
  | CommonFilter
  | (Test<'term'> & { readonly anyOf: readonly SearchTerm[] })
  | (Test<'language'> & { readonly anyOf: readonly string[] })
  | (Test<'type'> & { readonly anyOf: readonly string[] })
  | (Test<'typeId'> & { readonly of: Expression })
  | (Test<'dialect'> & { readonly anyOf: readonly Dialect[] })
  | (Test<'id'> & { readonly anyOf: readonly string[] })

/** `acceptability`: concept ids; absent, any. */
export type Dialect = { readonly refset: Expression; readonly acceptability?: readonly string[] }

export type MemberFilter =
  | CommonFilter
  | (Test<'field'> & {
      readonly field: string
      readonly value: AttributeValue | { is: 'time'; anyOf: readonly string[] }
    })

/** What a client asked, checked and understood, but not yet planned. https://hl7.org/fhir/R4/search.html */
import type { Subset } from '../fhir/subset.ts'
import type { FilterOperator } from './filter/operators.ts'
import type { SearchParameter } from './parameters.ts'

/** One parameter of the URL; several of these are AND. */
export type Criterion = {
  /** As it came, for messages: `subject:Patient.name:exact`. */
  readonly name: string
  /** As it came. */
  readonly value: string
  /** What it asks of each type searched: one name may be another parameter there. */
  readonly asks: Asks
}

export type Asks = ReadonlyMap<string, Ask>

/** What one parameter asks of a resource of one type. */
export type Ask =
  /** Alternatives: still escaped within (`\|`, `\$`), but no more separated by `,`. */
  | {
      readonly by: 'parameter'
      readonly parameter: SearchParameter
      readonly modifier?: string
      readonly values: readonly string[]
    }
  /** `subject:Patient.` and `subject.`: it refers to a resource of one of these types that answers. */
  | { readonly by: 'chain'; readonly parameter: SearchParameter; readonly to: Asks }
  /** `_has:Observation:patient:`: a resource of the type that answers refers to it. `_list=1` is `_has:List:item:_id=1`. */
  | { readonly by: 'has'; readonly type: string; readonly parameter: SearchParameter; readonly asks: Ask }
  /** The rest comes from `_filter`. */
  | { readonly by: 'and' | 'or'; readonly of: readonly Ask[] }
  | { readonly by: 'not'; readonly of: Ask }
  | { readonly by: 'test'; readonly parameter: SearchParameter; readonly test: FilterTest }

/** `family sw "Dup"` https://hl7.org/fhir/R4/search_filter.html */
export type FilterTest = {
  /** As it came, for messages: `family sw`. */
  readonly text: string
  /** `ni` is the opposite of `in`. */
  readonly op: Exclude<FilterOperator, 'ni'>
  /** Without quotes. */
  readonly value: string
}

export type Include = {
  /** As it came. */
  readonly text: string
  readonly reverse: boolean
  readonly iterate: boolean
  /** The type that has the reference; absent: `*`. */
  readonly source?: string
  /** Absent: `*`, all of its reference parameters. */
  readonly parameter?: SearchParameter
  readonly target?: string
}

export type Sort = { readonly parameter: SearchParameter; readonly descending: boolean }

/** What a text says. */
export type Said =
  /** These words follow each other, the last of them perhaps the beginning of one; folded, one blank between them. */
  | { readonly is: 'words'; readonly text: string }
  | { readonly is: 'and' | 'or'; readonly of: readonly Said[] }
  | { readonly is: 'not'; readonly of: Said }

export type Query = {
  readonly handling: 'strict' | 'lenient'
  /** The types searched. */
  readonly types: readonly string[]
  readonly criteria: readonly Criterion[]
  /** `_text` and `_content`. No index knows what they ask. */
  readonly words: readonly { readonly in: '_text' | '_content'; readonly said: Said }[]
  readonly sort: readonly Sort[]
  /** Per page; capped already. */
  readonly count: number
  /** `_count=0` or `_summary=count`. */
  readonly countOnly: boolean
  readonly total: 'none' | 'estimate' | 'accurate'
  /** `_maxresults`: of the whole walk. */
  readonly most?: number
  readonly subset?: Subset
  /** Codings without a display are shown with the one that their code system has. */
  readonly display: boolean
  readonly includes: readonly Include[]
  readonly contained: { readonly of: 'false' | 'true' | 'both'; readonly type: 'container' | 'contained' }
  readonly explain: boolean
  /** The cursor of a page link. */
  readonly page?: string
  /**
   * What was understood, in the order it came, `_count` capped: `self` is printed from this, and a cursor is bound to it.
   * Without `_page`; and without `_format` and `_pretty`, which links carry along by themselves: the form of an answer may
   * change from page to page.
   */
  readonly understood: URLSearchParams
}

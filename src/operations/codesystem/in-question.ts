/** Which code system is asked about: the one that the URL names, one that came along, or one by its canonical. */
import { fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { printCanonical } from '../../terminology/canonical.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { textOf } from '../../terminology/element.ts'
import { howToLoad } from '../../terminology/licensed.ts'
import { missingSupplements, withSupplements } from '../../terminology/value-set/clause.ts'
import { systemIssues } from '../../terminology/value-set/coding-issues.ts'
import { overlay, type Terminology, terminologyOf } from '../../terminology/value-set/terminology.ts'
import { refusal, type TxIssue, txIssue } from '../../terminology/value-set/tx-issue.ts'
import { type Purpose, resolveSystem, unknownSystem } from '../../terminology/value-set/version-rules.ts'
import type { Call } from '../kernel/operation.ts'
import { type Asked, askedOf } from '../terminology/asked.ts'
import { instanceOf } from '../terminology/instance.ts'
import { incomplete } from '../terminology/subject.ts'

export type InQuestion = Pick<Asked, 'rules'> & {
  readonly terminology: Terminology
  /** The one code system that it is about, where a resource says so. */
  readonly own?: Named
}

type Named = { readonly url: string; readonly version?: string }

/**
 * Answers when it is known what is asked about: at once, where nothing must be looked up. `inline`: a CodeSystem that came along as
 * the one in question.
 */
export function whenAsked<T>(
  ctx: Context,
  call: Call,
  answer: (asked: Asked, question: InQuestion) => T,
  inline?: Resource,
): T | Promise<T> {
  const asked = askedOf(ctx, call)
  if (asked instanceof Promise || call.request.target.at === 'instance') return later()
  return answer(asked, inQuestion(call, asked, undefined, inline))

  async function later(): Promise<T> {
    const known = await asked
    return answer(known, inQuestion(call, known, await instanceOf(ctx, call.request), inline))
  }
}

function inQuestion(
  { request }: Call,
  { rules, memberships, supplements }: Asked,
  stored: Resource | undefined,
  inline: Resource | undefined,
): InQuestion {
  if (stored !== undefined && inline !== undefined) {
    throw fail('invalid', "the URL and the parameter 'codeSystem' both name a code system: expected one", 'codeSystem')
  }
  const resource = stored === undefined ? inline : withUrl(stored, request)
  if (resource === undefined) return { rules, terminology: supplementing(memberships.terminology, supplements) }
  const given = terminologyOf([mustBeWhole(resource)])
  const [url = '', version] = [textOf(resource, 'url'), textOf(resource, 'version')]
  return {
    rules,
    terminology: supplementing(overlay(given, memberships.terminology), supplements),
    own: { url, ...(version === undefined ? {} : { version }) },
  }
}

/** Codes are found by the URL of their system, which a stored resource may lack. */
function withUrl(resource: Resource, { base, target: { type, id } }: FhirRequest): Resource {
  return textOf(resource, 'url') === undefined ? { ...resource, url: `${base}/${type}/${id}` } : resource
}

function mustBeWhole(resource: Resource): Resource {
  const url = textOf(resource, 'url')
  if (url === undefined) throw fail('required', 'the code system has no url, by which codes name it', 'CodeSystem.url')
  if (resource['content'] !== 'supplement') return resource
  const base = textOf(resource, 'supplements') ?? 'another code system'
  const text = `the code system '${url}' is a supplement to ${base}: ask ${base}, with the parameter 'useSupplement'`
  throw fail('business-rule', text, 'CodeSystem.content')
}

const nothing = terminologyOf([])
const supplementedBy = new WeakMap<Terminology, Map<string, Terminology>>()
/** A supplement of 100,000 codes takes a while to be added, so the last few are kept as long as the state that they belong to. */
const mostKept = 8

function supplementing(terminology: Terminology, supplements: readonly string[]): Terminology {
  if (supplements.length === 0) return terminology
  const kept = supplementedBy.get(terminology) ?? new Map<string, Terminology>()
  supplementedBy.set(terminology, kept)
  const key = supplements.join(' ')
  const known = kept.get(key)
  if (known !== undefined) return known
  const missing = missingSupplements(terminology, supplements)
  if (missing.length > 0) throw refusal(missing)
  const systems = new Map<string, CodeSystem>()
  const codeSystem: Terminology['codeSystem'] = (url, version) => {
    const system = terminology.codeSystem(url, version)
    return system && withSupplements(system, { terminology, supplements, systems })
  }
  const made = overlay({ ...nothing, codeSystem }, terminology)
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, made)
  return made
}

/** The one value that all who say something agree on. */
export function agreed(name: string, said: readonly (string | undefined)[], otherwise: string): string | undefined {
  let agreed: string | undefined
  for (const value of said) {
    if (value === undefined || value === '' || value === agreed) continue
    if (agreed !== undefined) {
      throw fail('invalid', `there are two values of ${name}, '${agreed}' and '${value}': ${otherwise}`, name)
    }
    agreed = value
  }
  return agreed
}

/** As `agreed`, but there must be one. */
export function systemNamed(said: readonly (string | undefined)[], name = 'system'): string {
  const system = agreed(name, said, 'expected codes of one code system')
  if (system !== undefined) return system
  throw incomplete(`the parameter '${name}' is missing: a code has a meaning only in a code system`, name)
}

/** `at`: where the name of the system stands. */
export function definitionOf(
  { terminology, rules }: InQuestion,
  { url, version }: { readonly url: string; readonly version: string | undefined },
  purpose: Purpose,
  at: string,
): CodeSystem {
  const { system, wanted, forbidden } = resolveSystem(terminology, rules, url, version)
  if (forbidden !== undefined) throw refusal([{ ...forbidden, expression: 'version' }])
  if (system !== undefined) return system
  if (terminology.codeSystem(url, wanted) !== undefined) throw refusal([withoutContent(url, wanted, purpose, at)])
  throw refusal([...systemIssues(url, at, terminology), unknownSystem(terminology, url, wanted, purpose, at)])
}

function withoutContent(url: string, version: string | undefined, purpose: Purpose, at: string): TxIssue {
  const name = `'${printCanonical(url, version)}'`
  const how = howToLoad(url)
  return txIssue({
    code: 'not-found',
    type: 'not-found',
    id: 'UNKNOWN_CODESYSTEM',
    text: `The CodeSystem ${name} is known by name only: its content is 'not-present', so the ${purpose}${how === undefined ? '' : `. ${how}`}`,
    at,
  })
}

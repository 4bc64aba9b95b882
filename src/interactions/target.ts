/** The URL grammar of the RESTful API, one line per form. https://hl7.org/fhir/R4/http.html#summary */
import { fail } from '../fhir/issue.ts'

/** What a URL below the base points at. */
export type Target = {
  readonly at: 'system' | 'type' | 'instance' | 'version' | 'compartment'
  readonly type: string
  readonly id: string
  readonly vid: string
  /** `_history`, `_search`, `metadata` or `$operation`. */
  readonly verb: string
  /** In a compartment: the type searched, or `*`. */
  readonly of: string
}

const type = '(?<type>[A-Z][A-Za-z]{1,63})'
const id = '(?<id>[A-Za-z0-9.-]{1,64})'
const operation = '\\$[a-z][A-Za-z0-9-]{0,63}'

const forms: ReadonlyArray<readonly [Target['at'], RegExp]> = [
  ['instance', form(`${type}/${id}(?:/(?<verb>_history|${operation}))?`)],
  ['type', form(`${type}(?:/(?<verb>_history|_search|${operation}))?`)],
  ['system', form(`(?<verb>|metadata|_history|_search|${operation})`)],
  ['version', form(`${type}/${id}/_history/(?<vid>[A-Za-z0-9.-]{1,64})(?:/(?<verb>${operation}))?`)],
  ['compartment', form(`${type}/${id}/(?<of>\\*|[A-Z][A-Za-z]{1,63})(?:/(?<verb>_search))?`)],
]

function form(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`)
}

/** Of the system and of types, by path: there are few, which come again and again. */
const known = new Map<string, Target>()
const remembered = 256

/** `path` is what follows the base, percent-encoded as it came: `Patient/1/_history/2`, `CodeSystem/%24lookup`, ``. */
export function parseTarget(path: string): Target {
  const before = known.get(path)
  if (before !== undefined) return before
  const target = parsed(path)
  if (target.at !== 'type' && target.at !== 'system') return target
  if (known.size >= remembered) known.clear()
  known.set(path, target)
  return target
}

function parsed(path: string): Target {
  const plain = withoutSlashes(path.includes('%') ? decode(path) : path)
  for (const [at, pattern] of forms) {
    const found = pattern.exec(plain)?.groups
    if (found) return target(at, found)
  }
  throw unknown(plain)
}

function target(at: Target['at'], found: Record<string, string | undefined>): Target {
  const { type = '', id = '', vid = '', verb = '', of = '' } = found
  return { at, type, id, vid, verb, of }
}

function withoutSlashes(path: string): string {
  const from = path.startsWith('/') ? 1 : 0
  return path.slice(from, path.endsWith('/') && path.length > from ? -1 : undefined)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw fail('invalid', `the path '${path}' is not valid percent-encoding`)
  }
}

/** Says what is wrong: a bad id deserves another sentence than a path of no known form. */
function unknown(path: string): Error {
  const [first = '', second = ''] = path.split('/')
  if (/^[A-Z][A-Za-z]+$/.test(first) && /^[^_$]/.test(second) && !/^[A-Za-z0-9.-]{1,64}$/.test(second)) {
    return fail(
      'value',
      `'${second}' is not a resource id: expected 1 to 64 characters out of A-Z, a-z, 0-9, '-' and '.'`,
    )
  }
  const expected =
    '[type], [type]/[id], [type]/[id]/_history/[vid], [type]/[id]/[type], _search, _history, metadata or $operation'
  return fail('not-found', `'${path}' is not a FHIR URL: expected ${expected}`)
}

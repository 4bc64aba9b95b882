/** A long page of an expansion, made slice by slice, so that others have their turn. */
import { fail } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import { objectOf, objectsOf } from '../../terminology/element.ts'
import { type ExpandWith, expand } from '../../terminology/value-set/expand.ts'
import type { ExpandRequest } from '../../terminology/value-set/expand-request.ts'
import type { Members } from '../../terminology/value-set/membership.ts'

const slice = 2_500 // codes; some 10 ms
/** Codes in one page, whatever is asked for: some 10 MB. */
const largestPage = 50_000

export async function expandInTurns(
  members: Members,
  request: ExpandRequest,
  how: ExpandWith,
  turn: () => Promise<unknown>,
): Promise<JsonObject> {
  const { count, offset = 0 } = request
  if (count === undefined || count <= slice) return expand(members, request, how)
  const first = expand(members, { ...request, count: slice }, how)
  const contains = [...containsOf(first)]
  const extensions = new Map<string, JsonObject>()
  const note = (slice: JsonObject): void => {
    for (const each of objectsOf(objectOf(slice, 'expansion'), 'extension')) extensions.set(printJson(each), each)
  }
  note(first)
  for (let found = contains.length; found === slice && contains.length < count; ) {
    if (contains.length >= largestPage) throw tooLarge(count)
    await turn()
    const wanted = Math.min(slice, count - contains.length)
    const more = expand(members, { ...request, offset: offset + contains.length, count: wanted }, how)
    const next = containsOf(more)
    note(more)
    contains.push(...next)
    found = next.length
  }
  const expansion = objectOf(first, 'expansion')
  const extension = [...extensions.values()]
  return {
    ...first,
    expansion: {
      ...expansion,
      ...(extension.length === 0 ? {} : { extension }),
      ...(contains.length === 0 ? {} : { contains }),
    },
  }
}

function containsOf(valueSet: JsonObject): readonly JsonObject[] {
  return objectsOf(objectOf(valueSet, 'expansion'), 'contains')
}

function tooLarge(count: number): Error {
  const text = `count is ${count}, and there are so many codes: expected at most ${largestPage} at once, and the others with offset`
  return fail('too-costly', text, 'count', { status: 422 })
}

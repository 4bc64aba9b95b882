/** The patients whom a text names: whose record it is that somebody sees or changes. */

const needle = 'Patient'
const most = 10_000 // patients of one text; no page holds as many

/**
 * `Patient/23` for each Patient in the text, and each that something in it refers to; `base`: references may begin with it. Found
 * without parsing: texts are as we print them, and this is done to every answer.
 */
export function patientsIn(json: string, base: string): readonly string[] {
  const found = new Set<string>()
  let last = '"' // the id that came before, which mostly comes again: an answer is about one patient more often than not
  for (let at = json.indexOf(needle); at >= 0 && found.size < most; at = json.indexOf(needle, at + needle.length)) {
    const after = at + needle.length
    const from = isReference(json, at, after, base) ? after + 1 : startOfId(json, at, after)
    if (from === undefined || (json.startsWith(last, from) && json.charCodeAt(from + last.length) === quote)) continue
    last = idAt(json, from)
    if (last !== '') found.add(`Patient/${last}`)
  }
  return [...found]
}

const leading = ['"reference":"', '"fullUrl":"']

function isReference(json: string, at: number, after: number, base: string): boolean {
  if (json.charCodeAt(after) !== slash) return false
  const before = json.charCodeAt(at - 1)
  if (before === quote) return isLed(json, at)
  const start = at - 1 - base.length
  return before === slash && json.startsWith(base, start) && isLed(json, start)
}

function isLed(json: string, start: number): boolean {
  return leading.some(lead => json.startsWith(lead, start - lead.length))
}

const quote = 0x22
const type = '"resourceType":"'
const idMember = '","id":"'

/** Of a Patient, whose id comes next in what we print. */
function startOfId(json: string, at: number, after: number): number | undefined {
  if (!json.startsWith(idMember, after) || !json.startsWith(type, at - type.length)) return undefined
  return after + idMember.length
}

const slash = 0x2f
const form = /[A-Za-z0-9.-]{1,64}/y

function idAt(json: string, from: number): string {
  form.lastIndex = from
  return form.exec(json)?.[0] ?? ''
}

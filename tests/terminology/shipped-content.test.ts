/** What `terminology/` holds: right by our own validator, and right in itself. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { read } from '../../src/conformance/generate/package.ts'
import { loadStructures } from '../../src/conformance/structures.ts'
import { loadValueSets } from '../../src/conformance/value-sets.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import type { CodeSystem } from '../../src/terminology/code-system.ts'
import { conceptMapOf, equivalences } from '../../src/terminology/concept-map/concept-map.ts'
import { objectOf, objectsOf, textOf } from '../../src/terminology/element.ts'
import { ucum } from '../../src/terminology/resource/grammar/ucum.ts'
import { readCodeSystem } from '../../src/terminology/resource/resource-code-system.ts'
import type { Codes } from '../../src/validation/codes.ts'
import { openInvariants } from '../../src/validation/invariants.ts'
import type { Options } from '../../src/validation/profile/run.ts'
import { compileValidator } from '../../src/validation/profile/validate.ts'
import { compileStructure } from '../../src/validation/structure.ts'

const folder = new URL('../../terminology/', import.meta.url)
const readme = readFileSync(new URL('README.md', folder), 'utf8')
const files = readdirSync(folder).filter(file => file.endsWith('.json') && !file.includes('.generated.'))
const resources: readonly Resource[] = files.map(file => parseJson(readFileSync(new URL(file, folder))) as Resource)
const ofType = (type: string): readonly Resource[] => resources.filter(({ resourceType }) => resourceType === type)

const { shapes } = loadDefinitions()
const isFormed = compileStructure(shapes)
const valueSets = loadValueSets()
const codes: Codes = {
  validate({ valueSet, system, code }) {
    const known = valueSets.codesOf(valueSet)
    if (known === undefined) return 'unknown value set'
    return known.has(system, code) === false ? 'out' : 'in'
  },
}
const options: Options = { profiles: 'claimed', codes, targets: { find: () => 'absent' }, bestPractice: 'off' }
const validate = compileValidator({ structures: loadStructures(), compileInvariant: openInvariants(shapes) })

for (const [at, resource] of resources.entries()) {
  t.test(`${files[at]} is valid, and its name tells what it is`, async t => {
    t.same([...isFormed(resource, resource.resourceType), ...validate(resource, options)], [])
    t.equal(files[at], `${resource.resourceType}-${resource.id}.json`)
    t.match(readme, `\`${resource.resourceType}-${resource.id}\``, 'the README tells its licence')
    for (const name of ['url', 'name', 'title', 'publisher', 'description']) t.ok(textOf(resource, name), name)
    if (resource.resourceType !== 'CodeSystem') {
      t.equal(textOf(resource, 'url'), `https://kiln.example/fhir/${resource.resourceType}/${resource.id}`)
    }
  })
}

const systems = new Map<string, CodeSystem>(
  ofType('CodeSystem').map(resource => [textOf(resource, 'url') ?? '', readCodeSystem(resource).system]),
)
const icd10cm = systems.get('http://hl7.org/fhir/sid/icd-10-cm')!
const loinc = systems.get('http://loinc.org')!
const snomed = systems.get('http://snomed.info/sct')!
const cvx = systems.get('http://hl7.org/fhir/sid/cvx')!

/** HL7's own, for the maps; R4 has empty ones for SNOMED CT and LOINC. */
for (const file of ['v2-tables.json', 'v3-codesystems.json', 'valuesets.json']) {
  for (const resource of read(file, 'CodeSystem')) {
    const url = resource.url ?? ''
    if (!systems.has(url)) systems.set(url, readCodeSystem(parseJson(JSON.stringify(resource)) as Resource).system)
  }
}

const licensed = ['http://loinc.org', 'http://snomed.info/sct']

for (const resource of ofType('CodeSystem')) {
  t.test(`${resource.id}: codes once, displays, a hierarchy without circles`, async t => {
    const { system, issues } = readCodeSystem(resource)
    t.same(issues, [])
    t.ok(system.size > 20)
    for (let concept = 0; concept < system.size; concept++) {
      const display = system.display(concept) ?? ''
      if (display === '' || display !== display.trim()) t.fail(`${system.code(concept)}: '${display}'`)
      for (const { value } of system.designations(concept)) t.ok(value !== display && value === value.trim(), value)
      for (const { code } of system.properties(concept)) {
        if (!system.facts.properties.some(property => property.code === code)) t.fail(`${code} is not declared`)
      }
    }
  })

  t.test(`${resource.id}: says whose it is and how much of it is here`, async t => {
    t.ok(textOf(resource, 'copyright'))
    const { content, version } = readCodeSystem(resource).system.facts
    t.equal(content, resource.id === 'iso-3166-1' ? 'complete' : 'fragment')
    t.equal(version, undefined, 'a part is no release: a loaded one is never mistaken for older')
    if (content === 'fragment') t.match(textOf(resource, 'description'), /not the whole of/)
  })
}

t.test('whatever holds codes of LOINC or SNOMED CT carries their notice', async t => {
  for (const resource of resources) {
    const text = JSON.stringify(resource)
    const notice = textOf(resource, 'copyright') ?? ''
    if (text.includes(`"${licensed[0]}"`))
      t.match(notice, /LOINC.*Regenstrief.*http:\/\/loinc\.org\/license/, resource.id ?? '')
    if (text.includes(`"${licensed[1]}"`))
      t.match(notice, /SNOMED CT.*IHTSDO.*by agreement between IHTSDO and HL7/, resource.id ?? '')
  }
  t.match(readme, /http:\/\/loinc\.org\/license/)
})

t.test('ICD-10-CM: codes have the published shape, and stand below what they begin with', async t => {
  const forms: Readonly<Record<string, RegExp>> = {
    chapter: /^Chapter ([1-9]|1\d|2[0-2])$/,
    block: /^[A-Z]\d[0-9A-Z]-[A-Z]\d[0-9A-Z]$/,
    category: /^[A-Z]\d[0-9A-Z]$/,
    code: /^[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}$/,
  }
  const propertyOf = (concept: number, name: string) =>
    icd10cm.properties(concept).find(({ code }) => code === name)?.value
  let chapters = 0
  let codes = 0
  for (let concept = 0; concept < icd10cm.size; concept++) {
    const code = icd10cm.code(concept)
    const kind = String(propertyOf(concept, 'kind'))
    t.match(code, forms[kind], kind) || t.comment(code)
    const [parent] = icd10cm.parents(concept)
    if (kind === 'chapter') {
      chapters++
      t.equal(parent, undefined)
      t.ok(icd10cm.children(concept).length > 0)
      continue
    }
    const above = icd10cm.code(parent!)
    const aboveKind = propertyOf(parent!, 'kind')
    if (kind === 'block') t.equal(aboveKind, 'chapter')
    else if (kind === 'category') {
      const [first = '', last = ''] = above.split('-')
      t.ok(aboveKind === 'block' && first <= code && code <= last, `${code} in ${above}`)
    } else t.ok(code.startsWith(above), `${code} under ${above}`)
    const billable = propertyOf(concept, 'billable')
    if (billable !== undefined) codes++
    t.equal(billable === undefined, kind === 'block')
    if (icd10cm.children(concept).length > 0) t.not(billable, true, `${code} has codes below it`)
  }
  t.equal(chapters, 22)
  t.ok(codes > 500)
})

t.test('LOINC: codes have their check digit, axes are of the known ones, units are of UCUM', async t => {
  const scales = new Set(['Qn', 'Ord', 'Nom', '-'])
  const { grammar } = ucum()
  let described = 0
  for (let concept = 0; concept < loinc.size; concept++) {
    const code = loinc.code(concept)
    t.ok(isLuhn(code), code)
    const values = new Map(loinc.properties(concept).map(each => [each.code, String(each.value)]))
    if (values.size === 0) continue
    described++
    for (const axis of ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP'])
      t.ok(values.get(axis), `${code} ${axis}`)
    t.equal(values.get('TIME_ASPCT'), 'Pt')
    t.ok(scales.has(values.get('SCALE_TYP')!), code)
    const unit = values.get('EXAMPLE_UCUM_UNITS')
    if (unit !== undefined) t.match(grammar?.check(unit), { valid: true }, `${code} ${unit}`)
  }
  t.ok(described >= 140)
  t.notOk(isLuhn('8480-7'))
})

function isLuhn(code: string): boolean {
  if (!/^\d{1,5}-\d$/.test(code)) return false
  const digits = [...code.replace('-', '')].reverse().map(Number)
  const sum = digits.reduce((all, digit, at) => all + (at % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0)
  return sum % 10 === 0
}

t.test('CVX: two or three digits', async t => {
  for (let concept = 0; concept < cvx.size; concept++) t.match(cvx.code(concept), /^\d{2,3}$/)
})

t.test('SNOMED CT: what is known to be a finding or a procedure is below it', async t => {
  const isA = (code: string, ancestor: string) => snomed.isA(snomed.find(code)!, snomed.find(ancestor)!)
  t.ok(isA('39065001', '404684003'))
  t.ok(isA('80146002', '71388002'))
  t.notOk(isA('80146002', '404684003'))
})

for (const resource of ofType('ValueSet')) {
  t.test(`${resource.id}: every code it lists is in the fragment, every filter finds some`, async t => {
    for (const include of objectsOf(objectOf(resource, 'compose'), 'include')) {
      const system = systems.get(textOf(include, 'system') ?? '')!
      const listed = objectsOf(include, 'concept').map(concept => textOf(concept, 'code') ?? '')
      for (const code of listed) t.not(system.find(code), undefined, code)
      t.equal(new Set(listed).size, listed.length)
      for (const filter of objectsOf(include, 'filter')) {
        for (const value of (textOf(filter, 'value') ?? '').split(',')) {
          t.ok(system.having(textOf(filter, 'property') ?? '', value).count > 0, value)
        }
      }
    }
  })
}

for (const resource of ofType('ConceptMap')) {
  t.test(`${resource.id}: codes of both sides exist, by the names that they have there`, async t => {
    for (const group of objectsOf(resource, 'group')) {
      const source = systems.get(textOf(group, 'source') ?? '')!
      const target = systems.get(textOf(group, 'target') ?? '')!
      for (const element of objectsOf(group, 'element')) {
        t.equal(displayIn(source, element), textOf(element, 'display'))
        for (const to of objectsOf(element, 'target')) {
          if (textOf(to, 'equivalence') === 'unmatched') t.equal(to['code'], undefined)
          else t.equal(displayIn(target, to), textOf(to, 'display'))
        }
      }
    }
  })

  t.test(`${resource.id}: what is narrower or inexact says in which sense`, async t => {
    for (const to of targetsOf(resource)) {
      const equivalence = textOf(to, 'equivalence') ?? ''
      t.ok(
        equivalences.some(known => known === equivalence),
        equivalence,
      )
      if (equivalence === 'narrower' || equivalence === 'inexact') t.ok(to['comment'], String(to['code']))
    }
  })
}

/** As the code system calls it, or one of its other names if that is what the element has. */
function displayIn(system: CodeSystem, element: JsonObject): string | undefined {
  const concept = system.find(textOf(element, 'code') ?? '')
  if (concept === undefined) return `no code ${textOf(element, 'code')}`
  const told = textOf(element, 'display')
  const others = system.designations(concept).map(({ value }) => value)
  return told !== undefined && others.includes(told) ? told : system.display(concept)
}

function targetsOf(resource: JsonObject): readonly JsonObject[] {
  return objectsOf(resource, 'group')
    .flatMap(group => objectsOf(group, 'element'))
    .flatMap(element => objectsOf(element, 'target'))
}

t.test('each code of a table of HL7 v2 is mapped, or said to have no match', async t => {
  const maps = ofType('ConceptMap').filter(({ id }) => id?.startsWith('v2-'))
  t.ok(maps.length >= 8)
  for (const map of maps) {
    const { groups } = conceptMapOf(map)
    const table = systems.get(groups[0]?.source ?? '')!
    const mapped = groups.flatMap(({ elements }) => [...elements.keys()])
    const wanted = Array.from({ length: table.size }, (_, concept) => table.code(concept))
    t.same(mapped.sort(), wanted.sort(), map.id ?? '')
  }
})

t.test('the README lists nothing that is not there', async t => {
  const told = [...readme.matchAll(/`((?:CodeSystem|ValueSet|ConceptMap)-[^`]+)`/g)].map(([, name]) => `${name}.json`)
  t.same(
    told.filter(file => !files.includes(file)),
    [],
  )
})

/** A hand-made ontology, small enough to know by heart. */
import { type Entry, ontology } from './ontology.ts'

/** Ids by name, so that the cases can be read. */
export const ids = {
  root: '138875005',
  finding: '404684003',
  disorder: '640000001',
  heart: '560000011',
  valve: '560000022',
  lung: '560000033',
  both: '560000044',
  old: '560000055',
  older: '560000066',
  structure: '910000001',
  heartSite: '910000012',
  valveSite: '910000023',
  lungSite: '910000034',
  morphology: '490000001',
  stenosis: '490000012',
  edema: '490000023',
  product: '370000001',
  pill: '370000012',
  syrup: '370000023',
  plain: '370000034',
  attribute: '410000001',
  site: '363698007',
  form: '116676008',
  associated: '474290007',
  due: '427520001',
  strength: '114213004',
  name: '346048109',
  benefit: '859999999',
  module: '900000000000207008',
  otherModule: '900000000000012004',
  problems: '700043003',
  map: '447562003',
  historical: '900000000000522004',
  sameAs: '900000000000527005',
  replacedBy: '900000000000526001',
  possibly: '900000000000523009',
  fsn: '900000000000003001',
  synonym: '900000000000013009',
  primitive: '900000000000074008',
  defined: '900000000000073002',
  us: '900000000000509007',
  gb: '900000000000508004',
} as const
type Name = keyof typeof ids

type Told = Omit<Entry, 'parents' | 'attributes'> & {
  parents?: Name[]
  attributes?: [number, Name, string][]
}
const is = (code: string, value: string | boolean) => ({ code, value })
const fsn = (value: string) => ({ value, language: 'en', use: { code: ids.fsn } })
const told: Readonly<Partial<Record<Name, Told>>> = {
  root: {},
  finding: { parents: ['root'] },
  disorder: { parents: ['finding'], display: 'Disease' },
  heart: {
    parents: ['disorder'],
    display: 'Heart disease',
    designations: [fsn('Disorder of heart (disorder)'), { value: 'Hjärtsjukdom', language: 'sv' }],
    attributes: [[1, 'site', ids.heartSite]],
    properties: [is('sufficientlyDefined', true), is('moduleId', ids.module), is('effectiveTime', '20020131')],
  },
  valve: {
    parents: ['heart'],
    display: 'Valve stenosis',
    designations: [fsn('Stenosis of heart valve (disorder)'), { value: 'Cardiac valve attack', language: 'en' }],
    attributes: [
      [1, 'site', ids.valveSite],
      [1, 'form', ids.stenosis],
      [0, 'due', ids.edema],
    ],
    properties: [is('sufficientlyDefined', true), is('moduleId', ids.otherModule), is('effectiveTime', '20200731')],
  },
  lung: {
    parents: ['disorder'],
    display: 'Lung oedema',
    attributes: [
      [1, 'site', ids.lungSite],
      [1, 'form', ids.edema],
    ],
    properties: [is('sufficientlyDefined', false), is('moduleId', ids.module), is('effectiveTime', '20200731')],
  },
  both: {
    parents: ['heart', 'lung'],
    attributes: [
      [1, 'site', ids.heartSite],
      [1, 'form', ids.edema],
      [2, 'site', ids.lungSite],
      [2, 'form', ids.stenosis],
      [2, 'associated', ids.lung],
    ],
  },
  old: { inactive: true, display: 'Heart trouble' },
  older: { inactive: true },
  structure: { parents: ['root'] },
  heartSite: { parents: ['structure'] },
  valveSite: { parents: ['heartSite'] },
  lungSite: { parents: ['structure'] },
  morphology: { parents: ['root'] },
  stenosis: { parents: ['morphology'] },
  edema: { parents: ['morphology'] },
  product: { parents: ['root'] },
  pill: {
    parents: ['product'],
    attributes: [
      [1, 'strength', '#250'],
      [1, 'name', '"PANADOL"'],
      [0, 'benefit', 'true'],
    ],
  },
  syrup: {
    parents: ['product'],
    attributes: [
      [1, 'strength', '#7.50'],
      [2, 'strength', '#500'],
      [2, 'name', '"Dolo \\*"'],
      [0, 'benefit', 'false'],
    ],
  },
  plain: { parents: ['product'], attributes: [[0, 'associated', ids.pill]] },
  attribute: { parents: ['root'] },
  site: { parents: ['attribute'] },
  form: { parents: ['attribute'] },
  associated: { parents: ['attribute'] },
  due: { parents: ['associated'] },
  strength: { parents: ['attribute'] },
  name: { parents: ['attribute'] },
  benefit: { parents: ['attribute'] },
  historical: {},
  sameAs: { parents: ['historical'] },
  replacedBy: { parents: ['historical'] },
  possibly: { parents: ['historical'] },
}
const entries = Object.fromEntries(
  Object.entries(ids).map(([name, id]): [string, Entry] => {
    const { parents = [], attributes = [], ...rest } = told[name as Name] ?? {}
    const typed = attributes.map(([group, type, value]) => [group, ids[type], value] as const)
    return [id, { ...rest, parents: parents.map(parent => ids[parent]), attributes: typed }]
  }),
)
export const fragment = ontology(entries, {
  [ids.problems]: { [ids.valve]: [], [ids.lung]: [], [ids.old]: [] },
  [ids.map]: {
    [ids.valve]: [{ mapTarget: 'I35.0', mapGroup: '1', correct: '1', day: '20200131' }],
    [ids.lung]: [
      { mapTarget: 'J81', mapGroup: '1', correct: '0', day: '20210131' },
      { mapTarget: 'I50.1', mapGroup: '2', correct: '0', day: '20220131' },
    ],
  },
  [ids.sameAs]: { [ids.old]: [{ targetComponentId: ids.heart }] },
  [ids.replacedBy]: { [ids.older]: [{ targetComponentId: ids.lung }] },
  [ids.possibly]: { [ids.older]: [{ targetComponentId: ids.valve }, { targetComponentId: '999999999' }] },
})

const names = new Map(Object.entries(ids).map(([name, id]) => [id as string, name]))

export function nameOf(id: string): string {
  return names.get(id) ?? id
}

/** `$name` stands for its id. */
export function ecl(text: string): string {
  return text.replaceAll(/\$(\w+)/g, (_, name: Name) => ids[name])
}

/** What only a release tells of descriptions and members. */
import t from 'tap'
import type { Description } from '../../../src/terminology/code-system.ts'
import { ConceptSet } from '../../../src/terminology/concept-set.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'
import { found } from './asking.ts'
import { fragment, ids } from './fragment.ts'
import { comingFrom, describedBy } from './told.ts'

const row = (term: string, more: Partial<Description>): Description => ({
  term,
  type: ids.synonym,
  active: true,
  language: 'en',
  moduleId: ids.module,
  effectiveTime: '20200131',
  ...more,
})
const preferred = '900000000000548007'
const acceptable = '900000000000549004'
const at = (...codes: readonly string[]): ConceptSet =>
  ConceptSet.of(
    fragment.size,
    codes.map(code => fragment.find(code)!),
  )
const whole: Substrate = {
  ...fragment,
  descriptions: describedBy(fragment, {
    [ids.lung]: [
      row('Lung edema', { id: '111111', dialects: [{ refset: ids.us, acceptability: preferred }] }),
      row('Lung oedema', {
        id: '222222',
        dialects: [
          { refset: ids.gb, acceptability: preferred },
          { refset: ids.us, acceptability: acceptable },
        ],
      }),
      row('Wet lung', { id: '333333', active: false, effectiveTime: '20100131', moduleId: ids.otherModule }),
    ],
    [ids.heart]: [
      row('Heart disease', { id: '444444', dialects: [{ refset: ids.us, acceptability: acceptable }] }),
      row('Disorder of heart (disorder)', { id: '555555', type: ids.fsn }),
      row('Hjärtsjukdom', { id: '666666', language: 'sv', moduleId: ids.otherModule }),
    ],
  }),
  origins: comingFrom(fragment, {
    [ids.problems]: {
      [ids.valve]: [[ids.module, '20200131']],
      [ids.lung]: [[ids.otherModule, '20210131']],
      [ids.old]: [[ids.module, '20220131']],
    },
    [ids.map]: {
      [ids.valve]: [[ids.module, '20200131']],
      [ids.lung]: [
        [ids.module, '20210131'],
        [ids.otherModule, '20220131'],
      ],
    },
  }),
  lapsed: {
    refsets: () => at(ids.problems, ids.map, ids.sameAs),
    members: refset => {
      const code = fragment.code(refset)
      return code === ids.problems ? at(ids.heart, ids.lung) : code === ids.map ? at(ids.heart) : at()
    },
    fields: refset => (fragment.code(refset) === ids.map ? [{ mapTarget: 'I51', mapGroup: '1' }] : []),
    origins: comingFrom(fragment, {
      [ids.problems]: { [ids.heart]: [[ids.module, '20100131']], [ids.lung]: [[ids.module, '20110131']] },
      [ids.map]: { [ids.heart]: [[ids.otherModule, '20110131']] },
    }),
  },
}

const ofRelease: Readonly<Record<string, readonly (readonly [text: string, concepts: string])[]>> = {
  'of dialects': [
    ['* {{ term = "edema", dialect = en-us }}', 'lung'],
    ['* {{ term = "edema", dialect = en-gb }}', ''],
    ['* {{ term = "oedema", dialect = en-us (prefer) }}', ''],
    ['* {{ term = "oedema", dialect = en-us (accept) }}', 'lung'],
    ['* {{ term = "oedema", dialect = (en-us en-gb) (prefer) }}', 'lung'],
    ['* {{ term = "oedema", dialect = (en-us (prefer) en-gb (accept)) }}', ''],
    ['* {{ term = "oedema", dialect = (en-us (accept) en-gb (accept)) }}', 'lung'],
    ['* {{ term = "oedema", dialect != en-gb }}', ''],
    ['* {{ term = "oedema", dialectId = $gb }}', 'lung'],
    ['* {{ term = "oedema", dialectId = ($gb $us) (accept) }}', 'lung'],
    ['* {{ term = "oedema", dialectId = $gb (900000000000549004) }}', ''],
    ['* {{ D dialect = en-us }}', 'heart lung'],
    ['* {{ D dialect = en-us (prefer) }}', 'lung'],
    ['* {{ D dialect = en-us (accept), term = "heart" }}', 'heart'],
    ['* {{ D dialect = en-gb (prefer) }}', 'lung'],
    ['* {{ D dialect != en-us }}', 'heart'],
    ['* {{ D dialect = en-us }} {{ D dialect = en-gb }}', 'lung'],
    ['< $finding {{ D dialect = en-us, type = fsn }}', ''],
    ['(* {{ D dialect = en-us }}) MINUS (* {{ D dialect = en-us (prefer) }})', 'heart'],
  ],
  'of what else descriptions say': [
    ['* {{ term = "wet" }}', ''],
    ['* {{ term = "wet", active = 0 }}', 'lung'],
    ['* {{ term = "wet", active != 1 }}', 'lung'],
    ['* {{ term = "wet", active = "*" }}', 'lung'],
    ['* {{ active = "*" }}', 'heart lung'],
    ['* {{ active = false }}', 'lung'],
    ['* {{ id = 222222 }}', 'lung'],
    ['* {{ D id = (222222 444444) }}', 'heart lung'],
    ['* {{ D id = 333333 }}', ''],
    ['* {{ D id = 333333, active = 0 }}', 'lung'],
    ['* {{ D id = 222222, term = "edema" }}', ''],
    ['* {{ id != (111111 222222) }}', 'heart'],
    ['* {{ effectiveTime < "20200101", active = 0 }}', 'lung'],
    ['* {{ effectiveTime < "20200101" }}', ''],
    ['* {{ effectiveTime = ("20100131" "20200131") }}', 'heart lung'],
    ['* {{ moduleId = $otherModule, active = 0 }}', 'lung'],
    ['* {{ D moduleId = $otherModule }}', 'heart'],
    ['* {{ D moduleId = ($module OR $otherModule) }}', 'heart lung'],
    ['* {{ D moduleId != $module }}', 'heart'],
    ['* {{ D moduleId = $module, language = sv }}', ''],
    ['* {{ D language = sv }}', 'heart'],
    ['* {{ D type = fsn }}', 'heart'],
    ['* {{ D typeId != $synonym }}', 'heart'],
    ['$heart {{ D term = "hjart" }}', 'heart'],
  ],
  'of members that were taken back': [
    ['^ $problems', 'valve lung old'],
    ['^ $problems {{ M active = 1 }}', 'valve lung old'],
    ['^ $problems {{ M active = 0 }}', 'heart lung'],
    ['^ $problems {{ M active = false }}', 'heart lung'],
    ['^ $problems {{ M active != true }}', 'heart lung'],
    ['^ $problems {{ M active = "*" }}', 'heart valve lung old'],
    ['^ $problems {{ M active = 0, active = 1 }}', ''],
    ['^ $problems {{ M active = 0, effectiveTime < "20110131" }}', 'heart'],
    ['^ $problems {{ M active = 0 }} {{ M moduleId = $otherModule }}', ''],
    ['^ $map {{ M mapTarget = "I51" }}', ''],
    ['^ $map {{ M mapTarget = "I51", active = 0 }}', 'heart'],
    ['^ $map {{ M mapGroup = #1, active = "*" }}', 'heart valve lung'],
    ['^ $sameAs {{ M active = 0 }}', ''],
    ['^ * {{ M active = 0, effectiveTime >= "20110131" }}', 'heart lung'],
    ['^ [moduleId] $map {{ M active = 0 }}', 'otherModule'],
    ['^ $problems {{ M active = * }}', 'heart valve lung old'],
    ['^R $heart', ''],
    ['^R $heart {{ M active = 0 }}', 'problems map'],
    ['^R $heart {{ M active = * }} {{ M mapTarget = "I51" }}', 'map'],
    ['^R $lung {{ M active = 0 }}', 'problems'],
    ['^ $problems MINUS ^ $problems {{ M active = 0 }}', 'valve old'],
  ],
  'of where members come from': [
    ['^ $problems {{ M moduleId = $module }}', 'valve old'],
    ['^ $problems {{ M moduleId != $module }}', 'lung'],
    ['^ $problems {{ M moduleId = ($module $otherModule) }}', 'valve lung old'],
    ['^ $problems {{ M effectiveTime > "20200131" }}', 'lung old'],
    ['^ $problems {{ M effectiveTime > "20200131", moduleId = $module }}', 'old'],
    ['^ $problems {{ M effectiveTime > "20200131" }} {{ M moduleId = $module }}', 'old'],
    ['^ $problems {{ M effectiveTime != "20200131", active = 1 }}', 'lung old'],
    ['^ $map {{ M effectiveTime = "20220131" }}', 'lung'],
    ['^ $map {{ M effectiveTime = "20220131", mapTarget = "I50" }}', 'lung'],
    ['^ $map {{ M effectiveTime = "20220131", mapTarget = "J81" }}', ''],
    ['^ $map {{ M moduleId = $otherModule, mapGroup = #1 }}', ''],
    ['^ ($problems OR $map) {{ M moduleId = $otherModule }}', 'lung'],
    ['^ [moduleId] $problems', 'module otherModule'],
    ['^ [moduleId] $problems {{ M effectiveTime < "20210131" }}', 'module'],
  ],
}

for (const [topic, list] of Object.entries(ofRelease)) {
  t.test(`a release tells ${topic}`, async t => {
    for (const [text, expected] of list) t.equal(found(text, whole), expected, text)
  })
}

t.test('what only descriptions of one kind share is answered without reading them', async t => {
  const { descriptions } = whole
  const unread: Substrate = {
    ...whole,
    descriptions: descriptions && {
      ...descriptions,
      of: () => {
        throw new Error('read')
      },
    },
  }
  t.equal(
    found('* {{ D dialect = en-us (accept), moduleId = $module, type = syn, language = en }}', unread),
    'heart lung',
  )
  t.throws(() => found('* {{ D dialect = en-us, id = 111111 }}', unread), { message: 'read' })
})

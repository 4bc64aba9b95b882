/** Which concepts of a hand-made ontology each constraint finds. */
import t from 'tap'
import { type Answer, evaluatorOf } from '../../../src/terminology/ecl/evaluate.ts'
import { parseEcl } from '../../../src/terminology/ecl/parse.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'
import { evaluate, found } from './asking.ts'
import { ecl, fragment, ids } from './fragment.ts'

const cases: Readonly<Record<string, readonly (readonly [text: string, concepts: string])[]>> = {
  'the hierarchy': [
    ['$heart', 'heart'],
    ['< $disorder', 'heart valve lung both'],
    ['<< $disorder', 'disorder heart valve lung both'],
    ['<! $finding', 'disorder'],
    ['<<! $disorder', 'disorder heart lung'],
    ['> $valve', 'root finding disorder heart'],
    ['>> $valve', 'root finding disorder heart valve'],
    ['>! $both', 'heart lung'],
    ['>>! $both', 'heart lung both'],
    ['< $valve', ''],
    ['> $root', ''],
    ['< ($heart OR $lung)', 'valve both'],
    ['<< ($heart OR $valve)', 'heart valve both'],
    ['> ($heart OR $disorder)', 'root finding disorder'],
    ['!!> (<< $disorder)', 'disorder'],
    ['!!> (< $disorder)', 'heart lung'],
    ['!!< (<< $disorder)', 'valve both'],
    ['!!< (>> $valve)', 'valve'],
    ['!!> ($valve OR $lung OR $both)', 'valve lung'],
    ['< * MINUS (< $root OR < $historical)', ''],
    ['!!> *', fragmentTops()],
    ['(<! *) MINUS (< *)', ''],
    ['(>! *) AND << $disorder', 'disorder heart lung'],
    ['(<<! *) MINUS *', ''],
  ],
  'the operators': [
    ['<< $heart AND << $lung', 'both'],
    ['< $heart OR < $lung', 'valve both'],
    ['<< $disorder MINUS << $heart', 'disorder lung'],
    ['(<< $heart MINUS $heart) MINUS << $lung', 'valve'],
    ['<< $heart, << $lung', 'both'],
  ],
  'reference sets': [
    ['^ $problems', 'valve lung old'],
    ['< ^ $problems', 'both'],
    ['^ ($problems OR $sameAs)', 'valve lung old'],
    ['^ (< $historical)', 'old older'],
    ['^ [referencedComponentId] $problems', 'valve lung old'],
    ['^ [targetComponentId] $sameAs', 'heart'],
    ['^ [targetComponentId] $possibly', 'valve'],
    ['^ [referencedComponentId, targetComponentId] $sameAs', 'heart old'],
    ['^ [targetComponentId, referencedComponentId] ($sameAs OR $replacedBy)', 'heart lung old older'],
    ['^ [*] $sameAs', 'heart old'],
    ['^ [*] $map', 'valve lung'],
    ['^ [*] $map {{ M mapGroup = #2 }}', 'lung'],
    ['< ^ [targetComponentId, referencedComponentId] $sameAs', 'valve both'],
    ['^ [targetComponentId] ($sameAs OR $problems)', 'heart'],
    ['^ ($map OR $problems) {{ M mapGroup = #1 }}', 'valve lung'],
    ['^ * {{ M targetComponentId = $heart }}', 'old'],
    ['^ * MINUS ^ $problems', 'older'],
    ['^ $map {{ M mapTarget = "J81" }}', 'lung'],
    ['^ $map {{ M mapTarget = "I50" }}', 'lung'],
    ['^ $map {{ M mapTarget = wild:"I*" }}', 'valve lung'],
    ['^ $map {{ M mapTarget = wild:"I*", mapGroup = #1 }}', 'valve'],
    ['^ $map {{ M mapTarget = wild:"I*" }} {{ M mapGroup = #2 }}', 'lung'],
    ['^ $map {{ M mapGroup > #1 }}', 'lung'],
    ['^ $map {{ M correct = true }}', 'valve'],
    ['^ $map {{ M correct != true }}', 'lung'],
    ['^ $map {{ M day >= "20210131" }}', 'lung'],
    ['^ $map {{ M day = ("20200131" "20300131") }}', 'valve'],
    ['^ $map {{ M active = 1 }}', 'valve lung'],
    ['^ $map {{ M mapTarget != "J81", mapGroup = #1 }}', 'valve'],
    ['^ $sameAs {{ M targetComponentId = << $disorder }}', 'old'],
    ['^ $sameAs {{ M targetComponentId != << $disorder }}', ''],
    ['^R $valve', 'problems map'],
    ['^R $old', 'problems sameAs'],
    ['^R $heart', ''],
    ['^R ($valve OR $older)', 'problems map replacedBy possibly'],
    ['^R (<< $disorder)', 'problems map'],
    ['^R *', 'problems map sameAs replacedBy possibly'],
    ['^R $lung {{ M mapTarget = "I50.1" }}', 'map'],
    ['^R $valve {{ M mapGroup = #2 }}', ''],
    ['^ (^R $old)', 'valve lung old'],
    ['< $historical AND ^R $old', 'sameAs'],
    ['^ [targetComponentId] $sameAs {{ M referencedComponentId = $old }}', 'heart'],
  ],
  attributes: [
    ['< $finding : $site = $heartSite', 'heart both'],
    ['< $finding : $site = << $heartSite', 'heart valve both'],
    ['< $finding : $site != << $heartSite', 'lung both'],
    ['< $finding : $site = *', 'heart valve lung both'],
    ['< $finding : $form = *', 'valve lung both'],
    ['< $finding : $site != *', ''],
    ['* : * = $edema', 'valve lung both'],
    ['* : << $associated = *', 'valve both plain'],
    ['* : > $due = *', 'both plain'],
    ['* : ($due OR $associated) = *', 'valve both plain'],
    ['< $finding : $site = << $heartSite, $form = $edema', 'both'],
    ['< $finding : $form = $edema OR $due = *', 'valve lung both'],
    ['< $finding : ($form = $edema AND $site = $lungSite) OR $due = *', 'valve lung both'],
    ['* : $associated = (< $finding : $form = $edema)', 'both'],
    ['* : $associated = *', 'both plain'],
    ['* : $edema = *', ''],
  ],
  'how often': [
    ['< $finding : [0..0] $form = *', 'disorder heart'],
    ['< $finding : [0..*] $form = *', 'disorder heart valve lung both'],
    ['< $finding : [0..1] $form = *', 'disorder heart valve lung'],
    ['< $finding : [1..1] $form = *', 'valve lung'],
    ['< $finding : [2..2] $form = *', 'both'],
    ['< $finding : [2..*] $site = << $structure', 'both'],
    ['< $finding : [0..0] $site != << $heartSite', 'disorder heart valve'],
    ['< $finding : [0..0] $site != << $heartSite, $site = *', 'heart valve'],
    ['< $product : [0..0] $strength > #300', 'pill plain'],
    ['< $product : [2..2] $strength > #0', 'syrup'],
  ],
  groups: [
    ['< $finding : { $site = << $heartSite, $form = $edema }', 'both'],
    ['< $finding : { $site = $lungSite, $form = $edema }', 'lung'],
    ['< $finding : $site = $lungSite, $form = $edema', 'lung both'],
    ['< $finding : { $site = * }', 'heart valve lung both'],
    ['< $finding : [2..*] { $site = * }', 'both'],
    ['< $finding : [1..1] { $site = * }', 'heart valve lung'],
    ['< $finding : [0..1] { $site = * }', 'disorder heart valve lung'],
    ['< $finding : [0..0] { $site = $heartSite }', 'disorder valve lung'],
    ['< $finding : { $site = * , [0..0] $form = * }', 'heart'],
    ['< $finding : { [0..0] $form = * }', 'heart valve'],
    ['< $finding : { $due = * }', 'valve'],
    ['< $finding : { $due = *, $form = * }', ''],
    ['< $finding : { $site = $lungSite OR $form = $stenosis }', 'valve lung both'],
    ['< $finding : { ($site = $lungSite OR $site = $heartSite), $form = $edema }', 'lung both'],
    ['< $finding : { $form = $edema } AND { $form = $stenosis }', 'both'],
    ['< $finding : { $form = $edema } OR { $form = $stenosis }', 'valve lung both'],
    ['< $product : { $strength = #500, $name = wild:"dolo*" }', 'syrup'],
    ['< $product : { $strength = #250, $name = "PANADOL" }', 'pill'],
    ['< $finding : { [1..1] << $associated = $lung }', 'both'],
    ['< $structure : { R $site = < $finding }', 'heartSite valveSite lungSite'],
    ['* : { R $form = *, R << $associated = * }', ''],
    ['* : { R $site = $both, [0..0] R $form = * }', 'heartSite lungSite'],
    ['* : { R $form = $both OR R $due = $valve }', 'stenosis edema'],
    ['* : [2..*] { R $form = * }', 'stenosis edema'],
    ['* : [2..2] { R $site = $both OR R $site = $heart }', 'heartSite'],
    ['* : { R $associated = $both }', 'lung'],
    ['* : { $site = *, R $associated = $both }', ''],
    ['* : { $site = *, [0..0] R $associated = $both }', 'heart valve lung both'],
    ['< $structure : [0..0] { R $site = $heart }', 'valveSite lungSite'],
    ['< $structure : { R $site != $both }', 'heartSite valveSite lungSite'],
    ['< $structure : { R $site != * }', ''],
  ],
  literals: [
    ['* : $strength = #250', 'pill'],
    ['* : $strength = #7.5', 'syrup'],
    ['* : $strength != #250', 'syrup'],
    ['* : $strength > #100', 'pill syrup'],
    ['* : $strength >= #250, $strength <= #500', 'pill syrup'],
    ['* : $strength < #8', 'syrup'],
    ['* : $name = "PANADOL"', 'pill'],
    ['* : $name = "panadol"', ''],
    ['* : $name = wild:"pan*"', 'pill'],
    ['* : $name != "PANADOL"', 'syrup'],
    ['* : $name = ("PANADOL" "ASPIRIN")', 'pill'],
    ['* : $name = wild:"*\\\\*"', 'syrup'],
    ['* : $benefit = TRUE', 'pill'],
    ['* : $benefit != TRUE', 'syrup'],
    ['* : $benefit = false', 'syrup'],
    ['* : $strength = *', 'pill syrup'],
    ['* : $strength = $edema', ''],
    ['* : $site = #5', ''],
  ],
  'the reverse': [
    ['< $structure : R $site = < $finding', 'heartSite valveSite lungSite'],
    ['* : R $form = $valve', 'stenosis'],
    ['* : R * = $valve', 'valveSite stenosis edema'],
    ['< $structure : R $site != << $heart', 'lungSite'],
    ['* : [2..2] R $form = *', 'stenosis edema'],
    ['* : [2..2] R $site = *', 'heartSite lungSite'],
    ['< $structure : [0..0] R $site = $heart', 'valveSite lungSite'],
    ['< $structure : [0..1] R $site = *', 'valveSite'],
    ['$valve . $site', 'valveSite'],
    ['< $finding . $site', 'heartSite valveSite lungSite'],
    ['< $finding . << $associated', 'lung edema'],
    ['< $finding . $associated . $form', 'edema'],
    ['(< $finding . $form) MINUS $edema', 'stenosis'],
    ['$pill . $strength', ''],
    ['$plain . *', 'pill'],
  ],
  descriptions: [
    ['< $finding {{ term = "heart" }}', 'heart valve'],
    ['< $finding {{ D term = "dis hea" }}', 'heart valve'],
    ['< $finding {{ term = "HEART att" }}', ''],
    ['< $finding {{ term = "att", term = "card" }}', 'valve'],
    ['< $finding {{ term = "heart" }} {{ term = "att" }}', 'valve'],
    ['< $finding {{ term = ("lung" "attack") }}', 'valve lung'],
    ['< $finding {{ term = wild:"*disease" }}', 'disorder heart'],
    ['< $finding {{ term = wild:"disease" }}', 'disorder'],
    ['< $finding {{ term = wild:"h*t*sease" }}', 'heart'],
    ['< $finding {{ term = exact:"Disease" }}', 'disorder'],
    ['< $finding {{ term = exact:"disease" }}', ''],
    ['< $finding {{ term = "hjart" }}', 'heart'],
    ['< $finding {{ term = "hjärt", language = sv }}', 'heart'],
    ['< $finding {{ term = "heart", language = sv }}', ''],
    ['< $finding {{ language != en }}', 'heart'],
    ['< $finding {{ type = fsn }}', 'heart valve'],
    ['< $finding {{ term = "disorder", type = syn }}', ''],
    ['< $finding {{ term = "disorder", typeId = ($fsn $synonym) }}', 'heart valve'],
    ['< $finding {{ type != syn }}', 'heart valve'],
    ['< $finding {{ term != "heart", type = syn, language = en }}', 'disorder valve lung'],
    ['< $finding {{ active = 1 }}', 'disorder heart valve lung'],
    ['< $heart MINUS < $heart {{ term = "valve" }}', 'both'],
    ['< $finding : $site = << $structure {{ term = "x" }}', ''],
    ['* {{ term = "heart" }}', 'heart valve'],
    ['* {{ C active = 0 }} {{ term = "heart" }}', 'old'],
  ],
  concepts: [
    ['* {{ C active = 0 }}', 'old older'],
    ['* {{ C active != 1 }}', 'old older'],
    ['$old {{ C active = false }}', 'old'],
    ['$old {{ C active = "*" }}', 'old'],
    ['($old OR $heart) {{ C active = "*" }}', 'heart old'],
    ['$heart {{ C active = 1 }}', 'heart'],
    ['^ $problems {{ C active = 1 }}', 'valve lung'],
    ['< $disorder {{ C definitionStatus = defined }}', 'heart valve'],
    ['< $disorder {{ C definitionStatus = primitive }}', 'lung both'],
    ['< $disorder {{ C definitionStatus != primitive }}', 'heart valve'],
    ['< $disorder {{ C definitionStatus = (primitive defined) }}', 'heart valve lung both'],
    ['< $disorder {{ C definitionStatusId = $defined }}', 'heart valve'],
    ['< $disorder {{ C moduleId = $module }}', 'heart lung'],
    ['< $disorder {{ C moduleId = ($module $otherModule) }}', 'heart valve lung'],
    ['< $disorder {{ C moduleId != $module }}', 'valve both'],
    ['< $disorder {{ C effectiveTime = "20020131" }}', 'heart'],
    ['< $disorder {{ C effectiveTime > "20020131" }}', 'valve lung'],
    ['< $disorder {{ C effectiveTime != ("20020131" "20200731") }}', ''],
    ['< $disorder {{ C effectiveTime >= "20020131", moduleId = $otherModule }}', 'valve'],
  ],
  history: [
    ['$heart {{ + HISTORY-MIN }}', 'heart old'],
    ['<< $disorder {{ + HISTORY-MIN }}', 'disorder heart valve lung both old'],
    ['$lung {{ + HISTORY-MIN }}', 'lung'],
    ['$lung {{ + HISTORY-MOD }}', 'lung older'],
    ['$valve {{ + HISTORY-MOD }}', 'valve'],
    ['$valve {{ + HISTORY-MAX }}', 'valve older'],
    ['$valve {{ + HISTORY }}', 'valve older'],
    ['$valve {{ + HISTORY (*) }}', 'valve older'],
    ['$lung {{ + HISTORY ($replacedBy) }}', 'lung older'],
    ['$lung {{ + HISTORY ($sameAs OR $possibly) }}', 'lung'],
    ['<< $heart {{ term = "attack" }} {{ + HISTORY }}', 'valve older'],
  ],
}

function fragmentTops(): string {
  const tops = Object.keys(ids).filter(name => {
    const concept = fragment.find(ids[name as keyof typeof ids]) ?? -1
    return fragment.parents(concept).length === 0 && !fragment.inactive(concept)
  })
  return tops.join(' ')
}

for (const [topic, list] of Object.entries(cases)) {
  t.test(`${topic}: what is found is what the specification says`, async t => {
    for (const [text, concepts] of list) t.equal(found(text), concepts, text)
  })
}

t.test('an id that is not known, or of an inactive concept, is told and finds nothing', async t => {
  const warnings = (text: string) => evaluate(text).warnings.map(each => [each.kind, each.code])
  t.equal(found('123456789 OR $heart'), 'heart')
  t.same(warnings('123456789 OR < 123456789 OR $heart'), [['unknown-concept', '123456789']])
  t.equal(found('<< $old'), '')
  t.same(warnings('<< $old'), [['inactive-concept', ids.old]])
  t.same(warnings('^ $heart'), [['no-reference-set', ids.heart]])
  t.same(warnings('^ (<< $heart)'), [])
  t.same(warnings('$heart {{ + HISTORY-MOD }}'), [])
  t.same(warnings('< $heart'), [])
})

t.test('a property tells which concepts are inactive, where there is one', async t => {
  const properties = [...fragment.facts.properties, { code: 'inactive', type: 'boolean' as const }]
  const told: Substrate = {
    ...fragment,
    facts: { ...fragment.facts, properties },
    having: (property, value) =>
      property === 'inactive' ? evaluate('$lung').concepts : fragment.having(property, value),
  }
  t.equal(found('* {{ C active = 0 }}', told), 'lung')
})

t.test('what is not kept is refused, not left out, and it is told where that was asked', async t => {
  const { fields: _, ...bare } = fragment
  const plain = { ...bare, facts: { ...bare.facts, properties: [] } }
  for (const [text, said, over = fragment] of [
    ['^ [mapTarget] $map', /422 ECL: at character 1: the field 'mapTarget' holds no ids of concepts/],
    ['^ [referencedComponentId, mapGroup] $map', /the field 'mapGroup' holds no ids of concepts/],
    ['^ [referencedComponentId, a] $map', /at character 1: the reference set 447562003 has no field 'a' here/],
    ['$lung OR ^ [a, b] $map', /at character 14, after '560000033 OR': .* has no field 'a' here/],
    ['^ $map {{ M mapAdvice = "x" }}', /has no field 'mapAdvice' here; it has mapTarget, mapGroup, correct, day/],
    ['^ $map {{ M moduleId = $module }}', /at character 18, after '\^ 447562003 {{ M': .* has no field 'moduleId'/],
    ['^ $map {{ M effectiveTime > "20200101" }}', /has no field 'effectiveTime'/],
    ['< LOINC#54486-6', /at character 3, after '<': identifiers of other schemes are not kept here/],
    ['^R $valve {{ M active = 0 }}', /inactive members of reference sets are not kept/],
    ['^R $valve {{ M nothing = #1 }}', /none of 2 reference sets has a field 'nothing'/],
    ['^ $map {{ M active = 0 }}', /inactive members of reference sets are not kept/],
    ['^ $map {{ M active != true }}', /inactive members of reference sets are not kept/],
    ['^ $problems {{ M mapTarget = "x" }}', /has no field 'mapTarget' here; it has none besides its members/],
    [
      '^ ($problems OR $sameAs) {{ M mapTarget = "x" }}',
      /none of 2 reference sets has a field 'mapTarget' here; they have/,
    ],
    ['* : R $strength = #5', /at character 5, after '\* :': a reversed attribute is compared with the concepts/],
    ['* : { R $strength = #5 }', /at character 7, .*: a reversed attribute is compared with the concepts/],
    ['* {{ dialect = en-gb }}', /at character 6, after '\* {{': language reference sets are not kept here/],
    ['* {{ dialectId = $gb (accept) }}', /language reference sets are not kept here/],
    ['* {{ D active = 0 }}', /inactive descriptions are not kept here/],
    ['* {{ D active != true }}', /inactive descriptions are not kept here/],
    ['* {{ id = 123456 }}', /'id' of descriptions are not kept here/],
    ['* {{ moduleId = $module }}', /'moduleId' of descriptions are not kept here/],
    ['* {{ effectiveTime = "20200101" }}', /'effectiveTime' of descriptions/],
    ['$heart {{ + HISTORY }}', /at character 11, after '560000011': historical associations are not kept/, plain],
    ['* {{ C definitionStatus = defined }}', /the property 'sufficientlyDefined' of concepts is not kept/, plain],
    ['* {{ C definitionStatusId = $defined }}', /the property 'sufficientlyDefined' of concepts is not kept/, plain],
    ['* {{ C moduleId = $module }}', /at character 8, after '\* {{ C': the property 'moduleId'/, plain],
    ['* {{ C effectiveTime = "20200101" }}', /the property 'effectiveTime'/, plain],
  ] as const) {
    t.match(found(text, over), said, text)
  }
})

t.test('the text index finds first where many are asked', async t => {
  let searched = 0
  const many: Substrate = {
    ...fragment,
    size: 300,
    search: (text, limits) => {
      searched++
      return fragment.search(text, limits)
    },
    designations: concept => (concept < fragment.size ? fragment.designations(concept) : []),
    display: concept => (concept < fragment.size ? fragment.display(concept) : undefined),
    inactive: concept => concept < fragment.size && fragment.inactive(concept),
    code: concept => (concept < fragment.size ? fragment.code(concept) : `other ${concept}`),
  }
  t.equal(found('* {{ term = "heart dis" }}', many), 'heart valve')
  t.equal(searched, 1)
  t.equal(found('* {{ term = (match:"attack" wild:"lung*ema") }}', many), 'valve lung')
  t.equal(searched, 3)
  t.equal(found('* {{ term = wild:"*ema" }}', many), 'lung')
  t.equal(found('* {{ term != "heart", type = fsn }}', many), '')
  t.equal(searched, 3)
})

t.test('a constraint that reads too much is refused', async t => {
  const narrow = evaluatorOf(fragment, { reads: 3 })
  const ask = (text: string): Answer => narrow(parseEcl(ecl(text)), ecl(text))
  t.throws(() => ask('* {{ term = "a" }}'), { status: 422, message: /too costly: .* more than 3 concepts/ })
  t.equal(ask('<< $root').concepts.count, ask('* AND << $root').concepts.count)
})

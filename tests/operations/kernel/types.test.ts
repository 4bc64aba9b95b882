import t from 'tap'
import type { OperationParameter } from '../../../src/conformance/artifact.ts'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { kindOf, mayStandFor } from '../../../src/operations/kernel/types.ts'

const { operations, shapes } = loadDefinitions()

t.test('every parameter of every operation of R4 is of a kind', async t => {
  const check = (parameter: OperationParameter): void => {
    const kind = kindOf(parameter, shapes)
    t.equal(
      kind === 'parts',
      parameter.part !== undefined || parameter.type === undefined,
      `${parameter.name} is ${kind}`,
    )
    for (const part of parameter.part ?? []) check(part)
  }
  for (const { parameter } of operations) for (const each of parameter) check(each)
  t.throws(() => kindOf({ name: 'x', use: 'in', min: 0, max: '1', type: 'Nonsense' }, shapes), /no type 'Nonsense'/)
})

t.test('types of one family may stand for each other, others may not', async t => {
  for (const [sent, type] of [
    ['string', 'code'],
    ['uri', 'canonical'],
    ['canonical', 'uri'],
    ['positiveInt', 'integer'],
    ['integer', 'decimal'],
    ['date', 'dateTime'],
    ['Coding', 'Coding'],
  ] as const) {
    t.ok(mayStandFor(sent, type), `${sent} for ${type}`)
  }
  for (const [sent, type] of [
    ['string', 'boolean'],
    ['boolean', 'string'],
    ['integer', 'string'],
    ['string', 'date'],
    ['Coding', 'CodeableConcept'],
    ['base64Binary', 'string'],
  ] as const) {
    t.notOk(mayStandFor(sent, type), `${sent} for ${type}`)
  }
})

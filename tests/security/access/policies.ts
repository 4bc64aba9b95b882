/** Access policies as tests write them. */
import type { Loose } from '../../world.ts'

const base = 'https://kiln.example/fhir'

export type Rule = {
  readonly types: readonly string[]
  readonly letters: string
  readonly criteria?: readonly string[]
  readonly compartments?: readonly string[]
  readonly glass?: true
  readonly hidden?: readonly string[]
  readonly fixed?: readonly string[]
  readonly constraints?: readonly string[]
}

export type Policy = {
  readonly roles?: readonly string[]
  readonly clients?: readonly string[]
  readonly users?: readonly string[]
  readonly rules: readonly Rule[]
  readonly operations?: readonly string[]
  readonly confidentiality?: string
  readonly sensitivities?: readonly string[]
  readonly consent?: string
}

type Part = { readonly url: string }

function parts(url: string, type: string, values: readonly unknown[] = []): readonly Part[] {
  return values.map(value => ({ url, [`value${type}`]: value }))
}

export function policy(id: string, given: Policy): Loose {
  const { roles, clients, users, rules, operations, confidentiality, sensitivities, consent } = given
  const extension = [
    ...parts('role', 'Code', roles),
    ...parts('client', 'String', clients),
    ...parts('user', 'String', users),
    ...rules.map(rule => ({ url: 'rule', extension: ruleParts(rule) })),
    ...parts('operation', 'Code', operations),
    ...parts('confidentiality', 'Code', confidentiality === undefined ? [] : [confidentiality]),
    ...parts('sensitivity', 'Code', sensitivities),
    ...parts('consent', 'Code', consent === undefined ? [] : [consent]),
  ]
  return {
    ...{ resourceType: 'Basic', id, meta: { profile: [`${base}/StructureDefinition/kiln-access-policy`] } },
    extension: [{ url: `${base}/StructureDefinition/kiln-policy`, extension }],
    code: { coding: [{ system: `${base}/CodeSystem/kiln-basic`, code: 'access-policy' }] },
  }
}

function ruleParts(rule: Rule): readonly Part[] {
  return [
    ...parts('type', 'Code', rule.types),
    ...parts('interactions', 'Code', [rule.letters]),
    ...parts('criteria', 'String', rule.criteria),
    ...parts('compartment', 'String', rule.compartments),
    ...parts('glass', 'Boolean', rule.glass ? [true] : []),
    ...parts('hidden', 'String', rule.hidden),
    ...parts('read-only', 'String', rule.fixed),
    ...parts('constraint', 'String', rule.constraints),
  ]
}

/** What is stored about who asks: for whom he acts, where he works, in which care teams he is. */

import { parseDate } from '../../fhir/date.ts'
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isObject, isResource, type Json, type Resource } from '../../fhir/resource.ts'
import type { Node } from '../../search/node.ts'
import { type Facts, noFacts } from '../../security/access/facts.ts'
import type { Principal } from '../../security/principal.ts'
import type { Context } from '../interaction.ts'
import type { Asker } from '../search/asked.ts'

const most = 200 // roles, or care teams, of one practitioner

export async function factsOf(ctx: Context, asker: Asker, principal: Principal): Promise<Facts> {
  const { fhirUser, patient } = principal
  const launched = patient === undefined ? [] : [`Patient/${patient}`]
  if (fhirUser === undefined) return { ...noFacts, patient: launched }
  const known = { ctx, asker }
  const people = fhirUser.startsWith('Person/') ? [fhirUser, ...(await linked(known, fhirUser))] : [fhirUser]
  const all = await Promise.all(people.map(one => aboutOne(known, one)))
  const of = (name: keyof Facts): readonly string[] => [...new Set(all.flatMap(facts => facts[name]))]
  const acting = of('patient')
  const isPractitioner = of('practitioner').length > 0
  // Whoever acts for patients launches an app for one of these; a practitioner for whom he may.
  const chosen = launched.filter(one => isPractitioner || acting.includes(one))
  return {
    patient: patient === undefined ? acting : chosen,
    ...{ practitioner: of('practitioner'), role: of('role'), organization: of('organization') },
    ...{ location: of('location'), careteam: of('careteam'), user: people },
  }
}

type Known = { readonly ctx: Context; readonly asker: Asker }

async function linked(known: Known, person: string): Promise<readonly string[]> {
  const found = await read(known, person)
  return objects(found?.['link']).flatMap(link => reference(known, link['target']))
}

async function aboutOne(known: Known, name: string): Promise<Facts> {
  if (name.startsWith('Patient/')) return { ...noFacts, patient: [name] }
  if (name.startsWith('Practitioner/')) return aboutPractitioner(known, name)
  const found = await read(known, name)
  if (found === undefined || !isActive(found, known.ctx.clock())) return noFacts
  if (name.startsWith('RelatedPerson/')) return { ...noFacts, patient: reference(known, found['patient']) }
  const [practitioner] = name.startsWith('PractitionerRole/') ? reference(known, found['practitioner']) : []
  return practitioner === undefined ? noFacts : aboutPractitioner(known, practitioner)
}

async function aboutPractitioner(known: Known, practitioner: string): Promise<Facts> {
  const [roles, teams] = await Promise.all([
    leadingTo(known, 'PractitionerRole', 'practitioner', practitioner),
    leadingTo(known, 'CareTeam', 'participant', practitioner),
  ])
  const active = teams.filter(({ status }) => status === undefined || status === 'active')
  return {
    ...noFacts,
    practitioner: [practitioner],
    role: roles.map(({ id }) => `PractitionerRole/${id}`),
    organization: roles.flatMap(role => reference(known, role['organization'])),
    location: roles.flatMap(role => listOf(role['location']).flatMap(one => reference(known, one))),
    careteam: active.map(({ id }) => `CareTeam/${id}`),
  }
}

/** Those in force that refer to this one. */
async function leadingTo(
  { ctx, asker }: Known,
  type: string,
  slot: string,
  name: string,
): Promise<readonly Resource[]> {
  const where: Node = { is: 'term', slot, texts: [name] }
  const { behind, search, clock } = ctx
  const page = await behind.search({
    ...{ tenant: asker.tenant, type, where, sort: [], limit: most, budget: search.budget },
  })
  const all = page.matches.flatMap(({ version: { json } }) => resourceIn(json))
  return all.filter(resource => isActive(resource, clock()))
}

async function read({ ctx, asker: { tenant } }: Known, name: string): Promise<Resource | undefined> {
  const [type = '', id = ''] = name.split('/')
  const [found] = resourceIn((await ctx.behind.read({ tenant, type, id }))?.json)
  return found
}

function resourceIn(json: string | undefined): readonly Resource[] {
  const resource = json === undefined ? undefined : parseJson(json, ownLimits)
  return isResource(resource) ? [resource] : []
}

function isActive({ active, period }: Resource, now: number): boolean {
  if (active === false) return false
  const { start, end } = isObject(period) ? period : {}
  const [from, until] = [start, end].map(text => (typeof text === 'string' ? parseDate(text) : undefined))
  return (from?.low ?? now) <= now && now < (until?.high ?? Number.POSITIVE_INFINITY)
}

function reference({ asker: { base } }: Known, value: Json | undefined): readonly string[] {
  const text = isObject(value) ? value['reference'] : undefined
  const found = typeof text === 'string' ? parseReference(text, base) : undefined
  return found?.kind === 'local' ? [`${found.type}/${found.id}`] : []
}

function objects(value: Json | undefined) {
  return listOf(value).filter(isObject)
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** The questionnaires of a tenant, by which responses are judged. https://hl7.org/fhir/R4/questionnaireresponse.html */
import { compareVersions } from '../../conformance/version.ts'
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { versioned } from '../../search/questions/uri.ts'
import { parseCanonical } from '../../search/values/canonical.ts'
import type { Store, Version } from '../../store/port.ts'
import type { Questionnaires } from '../../validation/questionnaires.ts'
import { isStandingInForce } from '../in-force.ts'

/** By canonical, as responses name them; `undefined`: nobody knows it. For as long as no Questionnaire of the tenant changes. */
export type Forms = Map<string, Resource | undefined>

export type FormNeeds = {
  readonly store: Pick<Store, 'readAll' | 'search'>
  readonly tenant: string
  /** As the tenant's clients see it. */
  readonly base: string
  readonly forms: Forms
}

export type FormAnswers = {
  readonly memory: Questionnaires
  readonly ask: (canonicals: readonly string[]) => Promise<readonly (Resource | undefined)[]>
}

const remembered = 200 // questionnaires; names of some that nobody has may come from any response

export function formAnswers(needs: FormNeeds): FormAnswers {
  const { forms } = needs

  async function learn(canonical: string): Promise<Resource | undefined> {
    const form = (await literal(needs, canonical)) ?? (await named(needs, canonical))
    if (forms.size >= remembered) forms.clear()
    forms.set(canonical, form)
    return form
  }

  return {
    memory: { find: canonical => (forms.has(canonical) ? forms.get(canonical) : 'later') },
    ask: canonicals => Promise.all(canonicals.map(learn)),
  }
}

const defining = ['Questionnaire', 'ImplementationGuide'] // a guide says whether its package is installed

/** What was learnt of a tenant's questionnaires, forgotten as soon as one of them has changed. */
export function openForms(store: Pick<Store, 'history'>, tenant: string): (until: number) => Promise<Forms> {
  let forms: Forms = new Map()
  let seen = 0
  const isChanged = async (type: string, after: number, until: number): Promise<boolean> => {
    const { versions } = await store.history({ tenant, type, order: 'oldest', after, until, limit: 1 })
    return versions.length > 0
  }
  return async until => {
    const after = seen
    if (after >= until) return forms
    const changed = await Promise.all(defining.map(type => isChanged(type, after, until)))
    if (changed.includes(true)) forms = new Map()
    seen = Math.max(until, seen)
    return forms
  }
}

/** Many clients name the questionnaire as the resource that it is here: `Questionnaire/1`. */
async function literal({ store, tenant, base }: FormNeeds, canonical: string): Promise<Resource | undefined> {
  const parsed = parseReference(canonical, base)
  if (parsed.kind !== 'local' || parsed.type !== 'Questionnaire' || parsed.version !== undefined) return undefined
  const [version] = await store.readAll([{ tenant, type: 'Questionnaire', id: parsed.id }])
  return resourceOf(version)
}

const most = 50 // versions that one questionnaire may have
const budget = 10_000 // ms that the store may take to find them

/** The newest of those that are known by this canonical. */
async function named({ store, tenant }: FormNeeds, canonical: string): Promise<Resource | undefined> {
  const { url, version } = parseCanonical(canonical) ?? { url: canonical }
  const where = version === undefined ? ({ is: 'term', slot: 'url', texts: [url] } as const) : versioned([url], version)
  const sort = [{ by: 'updated', descending: true }] as const
  const { matches } = await store.search({ tenant, type: 'Questionnaire', where, sort, limit: most, budget })
  const known = matches.flatMap(match => resourceOf(match.version) ?? [])
  const standing = await Promise.all(known.map(form => isStandingInForce(store, tenant, form)))
  return known.filter((_, at) => standing[at]).reduce<Resource | undefined>(newer, undefined)
}

function newer(best: Resource | undefined, form: Resource): Resource {
  return best && compareVersions(versionOf(best), versionOf(form)) >= 0 ? best : form
}

function versionOf({ version }: Resource): string | undefined {
  return typeof version === 'string' ? version : undefined
}

function resourceOf(version: Version | undefined): Resource | undefined {
  const resource = version?.json === undefined ? undefined : parseJson(version.json)
  return isResource(resource) ? resource : undefined
}

/** What a code is in another code system. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import type * as conformance from '../../conformance/artifact.ts'
import { FhirError, fail } from '../../fhir/issue.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { parseCanonical, printCanonical } from '../../terminology/canonical.ts'
import { type ConceptMap, conceptMapOf } from '../../terminology/concept-map/concept-map.ts'
import { latest } from '../../terminology/concept-map/latest.ts'
import {
  type Coding,
  fitting,
  type Translation,
  translate,
  translationParameters,
} from '../../terminology/concept-map/translate.ts'
import { textOf } from '../../terminology/element.ts'
import type { Members } from '../../terminology/value-set/membership.ts'
import { hasCode, isDoubtful } from '../../terminology/value-set/selection.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { type Asked, askedOf, askedParameters } from '../terminology/asked.ts'
import { instanceOf, readOne } from '../terminology/instance.ts'
import { laterParameters, requestOf } from './translate-request.ts'

export function translateOperation(definition: conformance.Operation): Operation {
  return {
    definition,
    also: [...askedParameters, ...laterParameters],
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 5,
    async run(ctx, call) {
      const request = requestOf(call.input)
      const asked = await askedOf(ctx, call)
      const maps = asked.maps()
      // Only R4's own parameter turns the two value sets around; later names say on which side each of them is.
      const chosen = await mapsFor(ctx, call, maps, call.input.flag('reverse') === true)
      const find = (canonical: string) => one(maps, parseCanonical(canonical))
      const covers = scopesIn(asked, request.reverse)
      if (isNamed(call)) return translationParameters(translate(chosen, request, find, covers))
      const lost: FhirError[] = []
      const translation = translate(chosen, request, find, covers, why => lost.push(why))
      return translationParameters(warned(translation, lost))
    },
  }
}

function isNamed({ request, input }: Call): boolean {
  return request.target.at === 'instance' || input.one('url') !== undefined || input.one('conceptMap') !== undefined
}

/** Of all maps that are known, one that leads nowhere does not silence the others. */
function warned(translation: Translation, lost: readonly FhirError[]): Translation {
  if (lost.length === 0) return translation
  const warnings = new Set(lost.flatMap(({ issues }) => issues.map(({ diagnostics }) => diagnostics)))
  return { ...translation, message: [translation.message ?? [], ...warnings].flat().join('; ') }
}

async function mapsFor(
  ctx: Context,
  { request, input }: Call,
  maps: readonly ConceptMap[],
  reverse: boolean,
): Promise<readonly ConceptMap[]> {
  const [url, inline] = [input.text('url'), input.resource('conceptMap')]
  const instance = await instanceOf(ctx, request)
  if (instance !== undefined) {
    if (url === undefined && inline === undefined) return [conceptMapOf(instance)]
    const name = url === undefined ? 'conceptMap' : 'url'
    throw fail('invalid', `the URL names the concept map already, and the parameter '${name}' another: expected one`)
  }
  if (inline !== undefined) return [agreeing(conceptMapOf(inline), url)]
  if (url !== undefined) return [named(url, input.text('conceptMapVersion'), maps)]
  const source = await valueSetUrl(ctx, request, input.text('source') ?? input.text('sourceScope'))
  const target = await valueSetUrl(ctx, request, input.text('target') ?? input.text('targetScope'))
  const by = { ...(source === undefined ? {} : { source }), ...(target === undefined ? {} : { target }) }
  return latest(fitting(maps, by, reverse))
}

/** Clients that send a map along may name it as well, but no other. */
function agreeing(inline: ConceptMap, url: string | undefined): ConceptMap {
  if (url === undefined || inline.url === undefined || parseCanonical(url).url === inline.url) return inline
  const text = `the parameters name two concept maps: 'url' is '${url}', and 'conceptMap' is '${inline.url}'`
  throw fail('invalid', text, 'url')
}

/** "The source value set that contains the concepts that are being mapped": of other codes the map says nothing, as far as that can be told. */
function scopesIn(asked: Asked, reverse: boolean) {
  return (map: ConceptMap, { system, code }: Coding): boolean => {
    const scope = reverse ? map.targetValueSet : map.sourceValueSet
    const members = scope === undefined || system === undefined ? undefined : membersOf(scope, asked)
    if (members === undefined || system === undefined) return true
    return (members.selections.get(system) ?? []).some(part => hasCode(part, code) || isDoubtful(part, code))
  }
}

/** `undefined`: nobody can tell what is in it. */
function membersOf(canonical: string, { memberships, rules, supplements }: Asked): Members | undefined {
  const valueSet = memberships.find(parseCanonical(canonical))
  if (valueSet === undefined) return undefined
  try {
    const members = memberships.of(valueSet, { rules, supplements })
    return members.faults.length + members.unknown.length > 0 ? undefined : members
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}

function named(canonical: string, version: string | undefined, maps: readonly ConceptMap[]): ConceptMap {
  const said = parseCanonical(canonical)
  if (version !== undefined && said.version !== undefined && version !== said.version) {
    const text = `the parameter 'conceptMapVersion' is '${version}', but the url says '${said.version}': expected one version`
    throw fail('invalid', text, 'conceptMapVersion')
  }
  const wanted = version ?? said.version
  const found = one(maps, { url: said.url, ...(wanted === undefined ? {} : { version: wanted }) })
  if (found !== undefined) return found
  throw fail('not-found', `the ConceptMap '${printCanonical(said.url, wanted)}' is not known`, 'url')
}

function one(maps: readonly ConceptMap[], by: { readonly url: string; readonly version?: string }) {
  const versions = maps.filter(({ url }) => url === by.url)
  if (by.version === undefined) return latest(versions)[0]
  return versions.find(({ canonical }) => canonical === printCanonical(by.url, by.version))
}

/** "May be a logical id, or an absolute or relative location". */
async function valueSetUrl(ctx: Context, request: FhirRequest, said: string | undefined): Promise<string | undefined> {
  const [, id] = /^(?:ValueSet\/)?([A-Za-z0-9.-]{1,64})$/.exec(said ?? '') ?? []
  if (id === undefined) return said
  return textOf(await readOne(ctx, request, { type: 'ValueSet', id }), 'url') ?? said
}

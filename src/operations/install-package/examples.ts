/**
 * A package's examples, for who asks for them: each is judged as any write would be, by what the package has just put in force, and
 * one that is refused keeps out none of the others.
 */
import { type Contents, digest, filesOf, type Item, inFile, resourcesOf } from '../../conformance/package/contents.ts'
import type { Entry } from '../../conformance/package/entry.ts'
import { type ExampleNeeds, exampleId, packagedExample } from '../../conformance/package/example.ts'
import { packagedId } from '../../conformance/package/packaged.ts'
import { withExamples } from '../../conformance/package/record.ts'
import type { Resolved } from '../../conformance/package/resolve.ts'
import { printName } from '../../conformance/package/version.ts'
import { error, FhirError, fail, type Issue, isError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { mustBeOpen } from '../../interactions/admit.ts'
import { locate } from '../../interactions/dispatch.ts'
import type { Context } from '../../interactions/interaction.ts'
import { localReferences } from '../../interactions/links.ts'
import { update } from '../../interactions/update.ts'
import { check, put } from '../../interactions/write.ts'
import { alone, type Place } from './alone.ts'
import { recordOf, recordWrite } from './installed.ts'
import { type Put, storeInParts } from './parts.ts'

export type Examples = {
  /** That the package has. */
  readonly there: number
  /** Somebody has asked for them. */
  readonly wanted: boolean
  readonly stored: number
  /** That were there before. */
  readonly before: number
  /** By file. */
  readonly refused: readonly Issue[]
}

export function leftOut({ examples }: Contents): Examples {
  return { there: examples.length, wanted: false, stored: 0, before: 0, refused: [] }
}

/** The package is in force. What stands there already is left as it is. */
export async function storeExamples(
  ctx: Context,
  place: Place,
  { archive }: Resolved,
  contents: Contents,
  progress: (done: number, of: number) => void,
): Promise<Examples> {
  const { manifest, items, examples: paths } = contents
  const definitions = new Set(items.map(({ type, id }) => `${type}/${id}`))
  const needs = { from: manifest, base: place.base, definitions }
  const { sound, refused } = await judged(ctx, place, filesOf(archive, paths, ctx.turn), needs)
  const listed = sound.map(({ type, id }) => ({ type, id: exampleId(manifest, id) }))

  async function* puts(): AsyncGenerator<Put> {
    for await (const resource of resourcesOf(archive, sound, ctx.turn))
      yield putOf(ctx, place, packagedExample(resource, needs))
  }

  const before = await alone(ctx, place, async alone => {
    const standing = await recordOf(ctx.store, place.tenant, manifest)
    if (standing?.record.state !== 'installed' || standing.record.digest !== contents.digest) {
      throw fail('conflict', `${printName(manifest)} was removed before its examples were stored`)
    }
    const record = withExamples(standing.guide, listed) // before the first of them, so that they can be removed
    if (record !== standing.guide) await alone.commit([await recordWrite(ctx, place, record)], false)
    return storeInParts(ctx, alone, {
      puts: puts(),
      isDue: (_, standing) => standing?.json === undefined,
      progress: done => progress(done, sound.length),
    })
  })
  return { there: paths.length, wanted: true, stored: sound.length - before, before, refused }
}

type Judged = { readonly sound: readonly Item[]; readonly refused: readonly Issue[] }

async function judged(ctx: Context, place: Place, files: AsyncIterable<Entry>, needs: ExampleNeeds): Promise<Judged> {
  const refused: Issue[] = []
  const sound = new Map<string, Sound>()
  for await (const file of files) {
    try {
      const one = await judge(ctx, place, file, needs)
      const name = `${one.item.type}/${one.item.id}`
      const twin = sound.get(name)
      if (twin) throw fail('invalid', `${name} is in ${twin.item.path} too`)
      sound.set(name, one)
    } catch (cause) {
      if (!(cause instanceof FhirError)) throw cause
      refused.push(...cause.issues.filter(isError).map(issue => inFile(file.path, issue)))
    }
  }
  if (ctx.integrity(place.tenant)) refused.push(...dangling(sound, needs))
  return { sound: [...sound.values()].map(({ item }) => item), refused }
}

type Sound = { readonly item: Item; readonly links: readonly string[] }

/** Throws what any client would be told who sent it by PUT. */
async function judge(
  ctx: Context,
  { tenant, base }: Place,
  { path, bytes }: Entry,
  needs: ExampleNeeds,
): Promise<Sound> {
  const resource = parseJson(bytes)
  if (!isResource(resource)) throw fail('structure', "not a resource: expected an object with a 'resourceType'")
  const { resourceType: type, id } = resource
  if (typeof id !== 'string' || id === '') throw fail('required', `the ${type} has no id`, `${type}.id`)
  const example = packagedExample(resource, needs)
  const incoming = { tenant, base, method: 'PUT', path: `/${type}/${example.id}`, query: '', headers: {} } as const
  mustBeOpen(ctx, { interaction: update, request: locate(ctx, incoming) })
  await check(ctx, example, type, { anew: true })
  return { item: { path, type, id, digest: digest(bytes) }, links: localReferences(ctx, base, example) }
}

/** Takes out what refers to something that the package does not bring, and then what refers to that. */
function dangling(sound: Map<string, Sound>, { from, definitions }: ExampleNeeds): readonly Issue[] {
  const stored = (name: string, idOf: (id: string) => string): string => {
    const [type = '', id = ''] = name.split('/')
    return `${type}/${idOf(id)}`
  }
  const names = [...definitions].map(name => stored(name, id => packagedId(from, id)))
  const refused: Issue[] = []
  for (let before = -1; before !== sound.size; ) {
    before = sound.size
    const there = new Set([...names, ...[...sound.keys()].map(name => stored(name, id => exampleId(from, id)))])
    for (const [name, { item, links }] of sound) {
      const missing = links.find(link => !there.has(link))
      if (missing === undefined) continue
      sound.delete(name)
      refused.push(inFile(item.path, error('business-rule', `'${missing}' is referred to but does not exist`)))
    }
  }
  return refused
}

/** Without its links: those among examples must not keep them from being removed part by part. */
function putOf(ctx: Context, { tenant, base }: Place, resource: Resource): Put {
  const { resourceType: type, id = '' } = resource
  const { links: _, ...write } = put(ctx, { base }, { tenant, type, id }, resource, 'PUT')
  return write
}

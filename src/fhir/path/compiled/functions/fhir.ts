/** What FHIR adds to FHIRPath. https://hl7.org/fhir/R4/fhirpath.html#functions */
import { isObject, type Json } from '../../../resource.ts'
import { codeOf, condition, type Item, type Items, none, type Run } from '../item.ts'
import { pathOf } from '../path.ts'
import { type Builtin, type Builtins, made, onItems, textOf } from './function.ts'

const extension: Builtin = {
  arity: [1, 1],
  build: ({ of, args: [url = of] }) => {
    const extensions = pathOf(of, ['extension'])
    return codeOf((focus, run) => {
      const found = extensions.items(focus, run)
      if (found.length === 0) return none
      const sought = textOf(url.items(focus, run), run)
      return found.filter(({ value }) => isObject(value) && value['url'] === sought)
    }, of.fixed && url.fixed)
  },
}

/** From the resource that holds the reference, or the Bundle that holds it, or wherever the caller looks. */
function resolve(items: Items, run: Run): Items {
  return items.flatMap(item => {
    const reference = referenceIn(item)
    const found = reference === undefined ? undefined : target(reference, run)
    return found === undefined ? [] : [run.itemOf(found)]
  })
}

function referenceIn({ value }: Item): string | undefined {
  const reference = isObject(value) ? value['reference'] : value
  return typeof reference === 'string' ? reference : undefined
}

function target(reference: string, run: Run): Json | undefined {
  const root = run.rootResource.value
  if (!isObject(root)) return undefined
  if (reference === '#') return root
  const id = reference.slice(1)
  if (reference.startsWith('#')) return among(root['contained'], run, resource => resource === id, 'id')
  const [bare = ''] = reference.split('/_history/')
  const entry = among(
    root['entry'],
    run,
    url => url === bare || (isRelative(bare) && `${url}`.endsWith(`/${bare}`)),
    'fullUrl',
  )
  return (isObject(entry) ? entry['resource'] : undefined) ?? run.env.resolve?.(reference)
}

function among(
  list: Json | undefined,
  run: Run,
  fits: (value: Json | undefined) => boolean,
  name: string,
): Json | undefined {
  if (!Array.isArray(list)) return undefined
  run.spend(list.length)
  return list.find((item: Json) => isObject(item) && fits(item[name]))
}

/** `Patient/1`, which counts from where the entry that refers is. */
function isRelative(reference: string): boolean {
  return /^[A-Z]\w*\/[^/]+$/.test(reference)
}

/** A question that others answer. */
function asked(hook: 'memberOf' | 'conformsTo'): Builtin {
  return onItems(1, (items, run, [arg = none]) => {
    const [item] = items
    const url = textOf(arg, run)
    if (item?.value === undefined || url === undefined) return none
    if (items.length > 1) return run.fault(`${hook}() takes one value, there are ${items.length}`)
    const answer = run.env[hook]?.(item.value, url)
    if (answer === undefined) run.unclear = true
    return answer === undefined ? none : [made(run, 'Boolean', answer)]
  })
}

/** The instant, as text in UTC. */
function clock(type: 'DateTime' | 'Date' | 'Time', cut: (instant: string) => string): Builtin {
  return {
    arity: [0, 0],
    build: () =>
      codeOf((_focus, run) => {
        const ms = run.env.now?.()
        return ms === undefined ? run.fault('no clock was given') : [made(run, type, cut(new Date(ms).toISOString()))]
      }),
  }
}

export const fhir: Builtins = {
  extension,
  resolve: onItems(0, resolve),
  memberOf: asked('memberOf'),
  conformsTo: asked('conformsTo'),
  getValue: onItems(0, items => items.filter(({ type, value }) => type.primitive && value !== undefined)),
  // Every narrative was read when the form was checked (src/validation/narrative.ts), more strictly than txt-1 and txt-2 ask.
  htmlChecks: {
    arity: [0, 0],
    build: ({ of, types }) => condition((focus, run) => of.exists(focus, run) || undefined, types),
  },
  now: clock('DateTime', instant => instant),
  today: clock('Date', instant => instant.slice(0, 10)),
  timeOfDay: clock('Time', instant => instant.slice(11, 23)),
}

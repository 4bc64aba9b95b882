/** Which value set is asked about: the one of the URL, one that came along, or one that is named. https://hl7.org/fhir/R4/valueset-operations.html */
import { fail } from '../../fhir/issue.ts'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { parseCanonical } from '../../terminology/canonical.ts'
import { objectOf, textOf } from '../../terminology/element.ts'
import { unknownValueSet } from '../../terminology/value-set/compile.ts'
import type { Memberships } from '../../terminology/value-set/membership.ts'
import { refusal } from '../../terminology/value-set/tx-issue.ts'
import { ruleFor } from '../../terminology/value-set/version-rules.ts'
import type { Call } from '../kernel/operation.ts'
import type { Asked } from '../terminology/asked.ts'
import { instanceOf } from '../terminology/instance.ts'
import { boundTo } from './context.ts'

/** `undefined`: none is named. */
export async function valueSetOf(ctx: Context, call: Call, asked: Asked): Promise<JsonObject | undefined> {
  const { request, input } = call
  const inline = input.resource('valueSet')
  const url = input.text('url')
  const instance = await instanceOf(ctx, request)
  if (instance !== undefined) {
    if (inline !== undefined || url !== undefined) throw twice(inline === undefined ? 'url' : 'valueSet')
    return asCompiled(instance, asked.memberships)
  }
  if (inline !== undefined) return agreeing(inline, url)
  if (url !== undefined) return named(url, input.text('valueSetVersion'), asked)
  const context = input.text('context')
  return context === undefined ? undefined : named(await boundTo(ctx, request, context), undefined, asked)
}

/** Clients that send a value set along may name it as well, but no other. */
function agreeing(inline: Resource, url: string | undefined): Resource {
  const own = textOf(inline, 'url')
  if (url === undefined || own === undefined || parseCanonical(url).url === own) return inline
  throw fail('invalid', `the parameters name two value sets: 'url' is '${url}', and 'valueSet' is '${own}'`, 'url')
}

function twice(name: string): Error {
  return fail(
    'invalid',
    `the URL names the value set already, and the parameter '${name}' another: expected one`,
    undefined,
  )
}

/** One that is known is the object that answers were compiled for. */
function asCompiled(instance: Resource, { terminology }: Memberships): JsonObject {
  const url = textOf(instance, 'url')
  const known = url === undefined ? undefined : terminology.valueSet(url, textOf(instance, 'version'))
  return known !== undefined && isSame(known, instance) ? known : instance
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  const versionOf = (resource: JsonObject) => textOf(objectOf(resource, 'meta'), 'versionId')
  return one['id'] === other['id'] && versionOf(one) === versionOf(other)
}

function named(canonical: string, version: string | undefined, { memberships, rules }: Asked): JsonObject {
  const said = parseCanonical(canonical)
  if (version !== undefined && said.version !== undefined && version !== said.version) {
    const text = `the parameter 'valueSetVersion' is '${version}', but the url says '${said.version}': expected one version`
    throw fail('invalid', text, 'valueSetVersion')
  }
  const wanted = version ?? said.version ?? ruleFor(rules.valueSet, said.url)
  const found = memberships.find({ url: said.url, ...(wanted === undefined ? {} : { version: wanted }) })
  if (found === undefined) throw refusal([unknownValueSet(said.url, wanted)])
  return found
}

/** What an app is started with: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token */
import type { Store } from '../../store/port.ts'

/** Names are those of the token response. */
export type LaunchContext = {
  /** Ids of resources. */
  readonly patient?: string
  readonly encounter?: string
  readonly fhirContext?: readonly FhirContext[]
  readonly intent?: string
  readonly need_patient_banner?: boolean
  readonly smart_style_url?: string
  readonly tenant?: string
}

export type FhirContext = { readonly reference: string; readonly role?: string }

/** What somebody granted, beside the scopes. */
export type GrantContext = LaunchContext & {
  /** Who signed in, as a local reference. */
  readonly fhirUser?: string
  readonly name?: string
}

type Notes = Pick<Store, 'note' | 'keepNote' | 'dropNote'>

const lasting = 5 * 60_000 // ms from the click in the EHR to the app's authorization request

/** The `launch` parameter of an EHR launch: good for one authorization. */
export async function mintLaunch(
  store: Pick<Store, 'keepNote'>,
  tenant: string,
  context: LaunchContext,
  needs: { readonly clock: () => number; readonly newToken: () => string },
): Promise<string> {
  const id = needs.newToken()
  const expires = needs.clock() + lasting
  await store.keepNote({ tenant, kind: 'launch', id, text: JSON.stringify(context), tags: [], expires, revision: 0 })
  return id
}

export async function readLaunch(
  store: Pick<Store, 'note'>,
  tenant: string,
  id: string,
): Promise<LaunchContext | undefined> {
  const note = await store.note({ tenant, kind: 'launch', id })
  return note && JSON.parse(note.text)
}

/** Of several who take it, one gets it. */
export async function takeLaunch(store: Notes, tenant: string, id: string): Promise<LaunchContext | undefined> {
  const note = await store.note({ tenant, kind: 'launch', id })
  if (!note || !(await store.dropNote(note, note.revision))) return undefined
  return JSON.parse(note.text)
}

/** `expires`: ms, as the grant itself. */
export async function keepContext(
  store: Pick<Store, 'keepNote'>,
  tenant: string,
  grant: string,
  context: GrantContext,
  expires: number,
): Promise<void> {
  const text = JSON.stringify(context)
  await store.keepNote({ tenant, kind: 'grant-context', id: grant, text, tags: [], expires, revision: 0 })
}

export async function contextOf(
  store: Pick<Store, 'note'>,
  tenant: string,
  grant: string | undefined,
): Promise<GrantContext> {
  const note = grant === undefined ? undefined : await store.note({ tenant, kind: 'grant-context', id: grant })
  return note ? JSON.parse(note.text) : {}
}

/** What of it comes with the access token. */
export function told({ fhirUser: _, name: __, ...context }: GrantContext): LaunchContext {
  return context
}

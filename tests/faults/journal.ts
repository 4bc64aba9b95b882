/** What clients asked for, and what they were told became of it: the truth that a checker holds against the server. */
import { type Asked, type Client, Lost, type Reply } from './client.ts'

/** One change that a request is to make. */
export type Wanted = {
  /** How history shows that it happened: the resource's first identifier, or `DELETE Type/id`. Never used twice. */
  readonly trace: string
  readonly type: string
  /** Where the client chose it. */
  readonly id?: string
  /** What must come back behind `meta`, byte for byte; absent where the server makes the content. */
  readonly rest?: string
}

export type Stored = { readonly type: string; readonly id: string; readonly version: number | undefined }

/** A request that changes something. All its changes belong together. */
export type Deed = {
  readonly asked: Asked
  readonly wants: readonly Wanted[]
  /** `unknown`: the connection was lost, or the server itself said that it does not know. */
  became: 'unknown' | 'acknowledged' | 'refused'
  /** One per change that was acknowledged. */
  stored: readonly Stored[]
  reply: Reply | undefined
}

/** Does it and writes down what came back. */
export async function perform(client: Client, journal: Deed[], asked: Asked, wants: readonly Wanted[]): Promise<Deed> {
  const deed: Deed = { asked, wants, became: 'unknown', stored: [], reply: undefined }
  journal.push(deed)
  try {
    deed.reply = await client.ask(asked)
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    return deed
  }
  judge(deed, deed.reply)
  return deed
}

function judge(deed: Deed, reply: Reply): void {
  // 500 and 504 promise nothing; every other refusal says that nothing was changed.
  if (reply.status === 500 || reply.status === 504) return
  deed.became = reply.status < 300 ? 'acknowledged' : 'refused'
  if (deed.became === 'acknowledged') deed.stored = storedBy(deed, reply)
}

type Told = { readonly location?: string; readonly etag?: string }

function storedBy({ asked, wants }: Deed, { headers, text }: Reply): readonly Stored[] {
  const place = headers.location ?? headers['content-location']
  const { etag } = headers
  const told: readonly Told[] =
    asked.path === ''
      ? (JSON.parse(text) as { entry: { response: Told }[] }).entry.map(({ response }) => response)
      : [{ ...(place === undefined ? {} : { location: String(place) }), ...(etag === undefined ? {} : { etag }) }]
  return wants.map(({ type, id }, at) => {
    const { location, etag } = told[at] ?? {}
    const version = etag === undefined ? undefined : Number(/^W\/"(\d+)"$/.exec(etag)?.[1])
    return { type, id: id ?? location?.split('/').at(-3) ?? '', version }
  })
}

/** The settings of terminology; root `config.ts` merges them with those of the other folders. */
import { join } from 'node:path'

export const terminologySettings = {
  KILN_TERMINOLOGY: {
    type: 'string',
    default: '',
    description:
      'Folder of the library of large code systems, which processes on several machines share; by default `terminology` in the folder of the embedded store, and none with MongoDB.',
    expected: 'a folder',
  },
} as const

type Settings = { readonly KILN_TERMINOLOGY: string; readonly KILN_STORE: string }

/** `undefined`: there is none. */
export function libraryFolder({ KILN_TERMINOLOGY: folder, KILN_STORE: store }: Settings): string | undefined {
  if (folder !== '') return folder
  return store.startsWith('sqlite:') ? join(store.slice('sqlite:'.length), 'terminology') : undefined
}

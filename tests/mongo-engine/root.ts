/**
 * PostgreSQL 18 with the DocumentDB extension, unpacked from Debian's packages into a folder of its own.
 * Nothing is installed on the machine: apt gets its own lists, cache and status.
 */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresPort, root } from './place.ts'

/** The first release that carries the extension. */
const suite = 'forky'
const packages = ['base-files', 'dash', 'coreutils', 'bash', 'grep', 'sed', 'postgresql-18-documentdb']
const owner = '9712:9712'
const data = '/var/lib/postgresql/data'
const programs = '/usr/lib/postgresql/18/bin'

export function inRoot(program: string, ...args: string[]): string {
  const env = [`PATH=${programs}:/usr/bin:/bin`, 'LC_ALL=C.UTF-8', 'HOME=/var/lib/postgresql']
  const command = [`--userspec=${owner}`, root, '/usr/bin/env', '-i', ...env, program, ...args]
  return execFileSync('chroot', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A half-built root is never seen under its final name. */
export function buildRoot(): void {
  if (existsSync(root)) return
  const work = mkdtempSync(join(tmpdir(), 'kiln-mongo-engine-'))
  const part = `${root}.part`
  rmSync(part, { recursive: true, force: true })
  try {
    download(work)
    unpack(join(work, 'cache/archives'), part)
    completeByHand(part)
    renameSync(part, root)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function download(work: string): void {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(work, folder), { recursive: true })
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring} arch=amd64] ${mirror()} ${suite} main\n`)
  writeFileSync(join(work, 'status'), '')
  const settings = {
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'APT::Architecture': 'amd64',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
  }
  const config = join(work, 'apt.conf')
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join(''),
  )
  const env = { ...process.env, APT_CONFIG: config }
  execFileSync('apt-get', ['-qq', 'update'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync('apt-get', ['-qq', '-y', '--download-only', 'install', ...packages], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** The mirror that this machine already uses. */
function mirror(): string {
  const listed = execFileSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'], {
    encoding: 'utf8',
  })
  const found = listed.split('\n').find(line => line.endsWith('/debian/'))
  if (!found) throw new Error('apt has no Debian mirror on this machine')
  return found
}

function unpack(archives: string, into: string): void {
  mkdirSync(into, { recursive: true })
  const names = readdirSync(archives).filter(name => name.endsWith('.deb'))
  const first = names.filter(name => name.startsWith('base-files_')) // brings the links /bin → usr/bin that others need
  const rest = names.filter(name => !first.includes(name))
  for (const name of [...first, ...rest]) execFileSync('dpkg-deb', ['-x', join(archives, name), into])
}

/** Maintainer scripts do not run; what they would write, and is needed, is written here. */
function completeByHand(at: string): void {
  const folders = ['dev/shm', 'proc', 'tmp', 'var/run', 'var/lib/postgresql', 'run/postgresql']
  for (const folder of folders) mkdirSync(join(at, folder), { recursive: true })
  writeFileSync(
    join(at, 'etc/passwd'),
    `root:x:0:0:root:/root:/bin/sh\npostgres:x:${owner}::/var/lib/postgresql:/bin/sh\n`,
  )
  writeFileSync(join(at, 'etc/group'), 'root:x:0:\npostgres:x:9712:\n')
  writeFileSync(join(at, 'etc/hosts'), '127.0.0.1 localhost\n') // the extension connects back to "localhost"
  execFileSync('chmod', ['1777', join(at, 'tmp'), join(at, 'dev/shm')])
  const devices = { null: '3', zero: '5', random: '8', urandom: '9' }
  for (const [name, minor] of Object.entries(devices)) {
    if (!existsSync(join(at, 'dev', name))) execFileSync('mknod', ['-m', '666', join(at, 'dev', name), 'c', '1', minor])
  }
  if (!existsSync(join(at, 'bin/sh'))) execFileSync('ln', ['-s', 'dash', join(at, 'bin/sh')])
  const extensions = join(at, 'usr/share/postgresql/18/extension')
  execFileSync('ln', ['-sf', 'postgis-3.control', join(extensions, 'postgis.control')])
  execFileSync('ldconfig', ['-r', at], { stdio: 'ignore' })
  execFileSync('chown', ['-R', owner, join(at, 'var/lib/postgresql'), join(at, 'run/postgresql')])
}

export function startPostgres(): void {
  if (!existsSync(join(root, data))) createData()
  if (!runs()) inRoot('pg_ctl', '-D', data, '-l', '/var/lib/postgresql/pg.log', '-w', 'start')
  const extensions = ['documentdb', 'documentdb_extended_rum'].map(
    name => `create extension if not exists ${name} cascade`,
  )
  inRoot('psql', '-qX', '-h', '127.0.0.1', '-p', String(postgresPort), '-U', 'postgres', '-c', extensions.join(';'))
}

export function stopPostgres(): void {
  if (existsSync(join(root, data)) && runs()) inRoot('pg_ctl', '-D', data, '-m', 'fast', '-w', 'stop')
}

function runs(): boolean {
  try {
    inRoot('pg_ctl', '-D', data, 'status')
    return true
  } catch {
    return false // pg_ctl's way of saying no is exit code 3
  }
}

function createData(): void {
  inRoot('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C.UTF-8', '-E', 'UTF8', '--no-sync')
  const settings = {
    listen_addresses: '127.0.0.1',
    port: postgresPort,
    unix_socket_directories: '/tmp',
    shared_preload_libraries: 'pg_cron, pg_documentdb_core, pg_documentdb, pg_documentdb_extended_rum',
    'documentdb.rum_library_load_option': 'require_documentdb_extended_rum',
    'documentdb.alternate_index_handler_name': 'extended_rum', // without it sorts never use secondary indexes
    'documentdb.enableFailureOnParallelIndexArrays': 'on', // as MongoDB does
    'documentdb_core.enableCollation': 'on',
    'documentdb.enableCollationWithNonUniqueOrderedIndexes': 'on',
    'cron.database_name': 'postgres',
    'cron.launch_active_jobs': 'off', // they build indexes in the background, of which there are none, twice a second or so
    max_connections: 100,
    shared_buffers: '512MB',
    fsync: 'off', // the data are tests' data
    synchronous_commit: 'off',
    full_page_writes: 'off',
    dynamic_shared_memory_type: 'sysv', // there is no /dev/shm in the root
    max_wal_size: '4GB',
    jit: 'off',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(root, data, 'postgresql.conf'), lines.join(''))
}

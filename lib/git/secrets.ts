/**
 * Names of files that are likely to hold secrets. A file that the user tracks is theirs to publish; an untracked one of
 * such a name stays out of run commits, since those are pushed.
 */
const SECRET_FILES: readonly RegExp[] = [
  // `.env`, `.env.local`, `.envrc`; a template holds no secret and is often what a program reads its defaults from.
  /^\.env(?!.*\.(?:example|sample|template|dist)$)/,
  /\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|p8)$/,
  // Private keys of ssh; `id_map.py` is a program.
  /^id_(?!.*\.(?:[cm]?[jt]sx?|py|r|jl|rs|go|java|c|cc|cpp|h|csv|tsv|ya?ml)$)/,
  /^credentials/,
  /^(?:client_)?secrets?(?:\.(?:json|ya?ml|toml|ini|txt|env))?$/,
  /^service[-_]?account.*\.json$/,
  /^\.(?:netrc|npmrc|pypirc|htpasswd|pgpass|git-credentials|dockercfg|vault-token)$/,
]

const SECRET_FOLDERS = new Set(['.ssh', '.aws', '.gnupg', '.azure', '.gcloud', '.kube', '.env'])

/** Tells by its name alone whether an untracked file is probably a secret. `path` has forward slashes; letter case does not count. */
export function isSecretPath(path: string): boolean {
  const parts = path.toLowerCase().split('/')
  const name = parts.pop() ?? ''
  return (
    SECRET_FILES.some((pattern) => pattern.test(name)) || parts.some((folder) => SECRET_FOLDERS.has(folder))
  )
}

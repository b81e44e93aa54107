import t from 'tap'
import { isSecretPath } from '../../../lib/git/secrets.js'

for (const path of [
  '.env',
  '.env.local',
  'a/.envrc',
  'certs/server.pem',
  'x.KEY',
  'id_rsa',
  'id_ed25519.pub',
  'credentials',
  'aws/credentials.json',
  'secrets.yaml',
  'service-account-prod.json',
  '.npmrc',
  '.ssh/config',
]) {
  t.ok(isSecretPath(path), `${path} may hold a secret`)
}

for (const path of [
  'train.js',
  '.env.example',
  'environment.js',
  'id_map.py',
  'keys.ts',
  'my-secrets-of-training.md',
  'monkey',
]) {
  t.notOk(isSecretPath(path), `${path} is taken in`)
}

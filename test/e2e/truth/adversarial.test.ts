import { attackTraps } from './attack-traps.js'
import { aliases } from './traps/aliases.js'
import { asynchrony } from './traps/asynchrony.js'
import { containers } from './traps/containers.js'
import { language } from './traps/language.js'
import { ownership } from './traps/ownership.js'
import { surroundings } from './traps/surroundings.js'

for (const [group, traps] of Object.entries({
  aliases,
  language,
  containers,
  asynchrony,
  ownership,
  surroundings,
}))
  attackTraps(group, traps)

import { attackTraps } from './attack-traps.js'
import { leaving } from './traps/leaving.js'

attackTraps('what decides about leaving', leaving)

/* What is the question? Each theme colours areas and estates, explains its colours, and lists what leads. */

const AREA_HUES = [
  // Paul Tol's light scheme (told apart by colour-blind eyes), with a dark partner for outlines
  ['#77AADD', '#2f6ea8'],
  ['#EE8866', '#b3502c'],
  ['#EEDD88', '#9a8417'],
  ['#44BB99', '#1a7d62'],
  ['#FFAABB', '#b8536a'],
  ['#BBCC33', '#76821a'],
  ['#99DDFF', '#3a8db8'],
];
const QUIET = { fill: '#dcd8cf', stroke: '#b4aea2', width: 0.8 };
const STATES = {
  eligible: { fill: '#4a90c4', stroke: '#2a6796', width: 1 },
  unknown: { fill: '#fbe3a1', hatch: '#c9971c', stroke: '#a97c0f', width: 1 },
  ineligible: { fill: '#d9694a', stroke: '#a1432a', width: 1 },
  gap: { fill: '#d9694a', stroke: '#a1432a', width: 1 },
  covered: { fill: '#7fb5d8', stroke: '#4b86ad', width: 1 },
  still: { fill: '#d9694a', stroke: '#a1432a', width: 1 },
  opened: { fill: '#17508a', stroke: '#0b3157', width: 1 },
  built: { fill: '#0b8f7a', stroke: '#07594c', width: 1 },
  none: { fill: '#eceae5', hatch: '#a9a397', stroke: '#a9a397', width: 1 },
};
const CARE_FILLS = ['#fdd49e', '#fc9d63', '#e2543a', '#a3120d'];
const CARE_MET = '#a9cfe5';
const CARE_STEPS = [100, 350, 1000]; // m2, stated so that two runs compare: 350 a day-care centre, 1,000 a centre of a subdistrict
const KIND_SYMBOLS = {
  // each kind by its own form and colour; the first are painted over the last
  elder: { form: 'diamond', fill: '#7b3294', size: 1.25 },
  child: { form: 'triangle', fill: '#d17600', size: 1.1 },
  health: { form: 'cross', fill: '#c8202f', size: 1.1 },
  culture_sport: { form: 'wedge', fill: '#2b8a3e', size: 1 },
  public: { form: 'hexagon', fill: '#00808c', size: 0.9 },
  commerce: { form: 'square', fill: '#2b66b1', size: 0.85 },
  none: { form: 'square', fill: '#7c7a76', size: 0.8 },
  transport: { form: 'circle', fill: '#6b7580', size: 0.75 },
};
const KIND_ORDER = ['elder', 'child', 'health', 'commerce', 'culture_sport', 'transport', 'public', 'none'];
const BORDER = { stroke: '#33404d', width: 1.4 };
const UNPLANNED_BORDER = { stroke: '#8b8478', width: 1 };
const LEADERS = 20;
const MORE_LEADERS = 200;

const THEMES = {
  areas: {
    layers: ['areas', 'estates'],
    counted: 'estates',
    isThere: () => app.tables.areas.rows > 0,
    paint(view) {
      paintLayer(view, 'areas', (i) => ({ fill: shade(AREA_HUES[app.hueOfArea[i]][0], 0.38) }));
      paintLayer(view, 'estates', (i) => {
        const area = app.areaOfEstate[i];
        return area < 0 ? QUIET : { fill: AREA_HUES[app.hueOfArea[area]][0], stroke: '#fff', width: 0.8 };
      });
      paintLayer(view, 'areas', (i) => ({ stroke: AREA_HUES[app.hueOfArea[i]][1], width: 1.8 }));
    },
    legend: () => [
      {
        swatch: { fill: AREA_HUES[0][0], second: AREA_HUES[1][0], stroke: AREA_HUES[0][1] },
        text: word('in_area'),
        count: countAt('estates', (i) => app.areaOfEstate[i] >= 0),
      },
      { swatch: QUIET, text: word('left_out'), count: countAt('estates', (i) => app.areaOfEstate[i] < 0) },
    ],
    note: () => word('area_colours'),
    leaders: () => ranked('areas', app.tables.areas.households, 'households'),
    also: leftOutReasons,
    lineOfArea: (i) => quantity(app.tables.areas.households[i], 'households'),
    lineOfEstate: (i) => (app.areaOfEstate[i] < 0 ? leftOutText(i) : shortArea(app.areaOfEstate[i])),
  },

  eligibility: {
    layers: ['estates', 'areas'],
    counted: 'estates',
    isThere: () => true,
    paint(view) {
      const { eligibility } = app.tables.estates;
      paintLayer(view, 'estates', (i) => STATES[eligibility[i]]);
    },
    legend() {
      const { eligibility } = app.tables.estates;
      return ['eligible', 'unknown', 'ineligible'].map((state) => ({
        swatch: STATES[state],
        text: label('eligibility', state),
        count: countOf(eligibility, state, 'estates'),
      }));
    },
    note: () => '',
    leaders: clauseLeaders,
    also: toVerify,
    lineOfArea: () => '',
    lineOfEstate: (i) => cell('estates', 'eligibility', i),
  },

  gaps: {
    layers: ['facilities', 'estates', 'areas'],
    counted: 'estates',
    isThere: () => app.gapTypes.length > 0,
    paint(view) {
      const states = statesOf(app.state.type);
      paintLayer(view, 'estates', (i) => STATES[states[i]]);
    },
    paintPoints(view) {
      paintFacilities(view, (i) => app.tables.facilities.facility_type[i] === app.state.type);
    },
    showsPoint: (i) => app.tables.facilities.facility_type[i] === app.state.type,
    legend() {
      const states = statesOf(app.state.type);
      const items = ['gap', 'still', 'opened', 'built', 'covered', 'none'].map((state) => ({
        swatch: STATES[state],
        text: word('state.' + state),
        count: countOf(states, state, 'estates'),
      }));
      return items
        .filter((item) => item.count > 0)
        .concat(
          pointLegend(kindOfType(app.state.type), chipType(app.state.type), this.showsPoint),
          statusLegend(this.showsPoint, kindOfType(app.state.type)),
        );
    },
    note() {
      const limits = [...new Set(gapsOf(app.state.type).limits.filter(isKnown))];
      const standard = limits.length === 1 ? word('of_standard', { m: number(limits[0]) }) : word('standard_differs');
      if (timeShown() !== 'today') return standard + '。' + word(timeShown() + '_note');
      return standard + '。' + word(app.head.plan.walking === 'straight_line' ? 'reach_straight' : 'reach_today');
    },
    leaders() {
      const table = app.tables.area_gaps;
      const uncovered = new Array(app.tables.areas.rows).fill(null);
      for (let row = 0; row < table.rows; row++) {
        if (table.facility_type[row] !== app.state.type || !table.is_gap[row]) continue;
        const area = app.areaAt.get(table.area_id[row]);
        if (timeShown() === 'today') uncovered[area] = table.uncovered_residents[row];
        else if (!isClosed(row)) uncovered[area] = uncoveredAfter(area, app.state.type);
      }
      return ranked('areas', uncovered, 'persons');
    },
    also: closingAreas,
    lineOfArea: (i) => areaGapText(i, app.state.type),
    lineOfEstate: (i) => gapText(app.state.type, i),
  },

  walks: {
    layers: ['facilities', 'estates', 'areas'],
    counted: 'estates',
    isThere: () => app.gapTypes.length > 0,
    paint(view) {
      const minutes = minutesOf(app.state.type);
      paintLayer(view, 'estates', (i) => minutesStyle(minutes[i]));
    },
    paintPoints(view) {
      paintFacilities(view, this.showsPoint);
    },
    showsPoint: (i) => app.tables.facilities.facility_type[i] === app.state.type,
    legend() {
      return minutesLegend().concat(
        pointLegend(kindOfType(app.state.type), chipType(app.state.type), this.showsPoint),
        statusLegend(this.showsPoint, kindOfType(app.state.type)),
      );
    },
    note: minutesNote,
    leaders: minutesLeaders,
    also: () => null,
    lineOfArea: (i) => minutesText(meanMinutes(i)),
    lineOfEstate: (i) => minutesText(minutesOf(app.state.type)[i]),
  },

  care: {
    layers: ['facilities', 'areas', 'estates'],
    counted: 'areas',
    isThere: () => app.tables.care.rows > 0,
    paint(view) {
      paintLayer(view, 'estates', (i) => (app.areaOfEstate[i] < 0 ? QUIET : null));
      paintLayer(view, 'areas', (i) => careStyle(i));
      paintLayer(view, 'estates', (i) =>
        app.areaOfEstate[i] < 0 ? null : { stroke: 'rgba(255,255,255,0.75)', width: 0.8 },
      );
      paintLayer(view, 'areas', () => BORDER);
    },
    paintPoints(view) {
      paintFacilities(view, isElderRoom, () => 'elder');
    },
    showsPoint: (i) => isElderRoom(i),
    legend: careLegend,
    note: () => word('short_note'),
    leaders: () =>
      ranked(
        'areas',
        app.tables.areas.area_id.map((_, i) => shortOf(i) || null),
        'm2',
      ),
    lineOfArea: careText,
    lineOfEstate: (i) => (app.areaOfEstate[i] < 0 ? leftOutText(i) : ''),
  },

  sites: {
    layers: ['sites', 'areas', 'estates'],
    counted: 'sites',
    isThere: () => app.tables.sites.rows > 0,
    paint(view) {
      const { selected } = app.state;
      const chosen = selected && selected.layer === 'sites' ? areasServed(selected.i) : null;
      paintLayer(view, 'areas', (i) => ((chosen ? chosen.includes(i) : isServed(i)) ? SERVED : NOT_SERVED));
      paintLayer(view, 'estates', (i) =>
        app.areaOfEstate[i] < 0 ? QUIET : { stroke: 'rgba(255,255,255,0.8)', width: 0.8 },
      );
      paintLayer(view, 'areas', (i) => ({ stroke: isServed(i) ? SERVED.stroke : '#8b8478', width: 1.3 }));
    },
    paintPoints: paintSites,
    legend: siteLegend,
    note: () => word('sites_note'),
    leaders: siteLeaders,
    also: openReasons,
    lineOfArea: servedBy,
    lineOfEstate: (i) => (app.areaOfEstate[i] < 0 ? leftOutText(i) : shortArea(app.areaOfEstate[i])),
  },

  programme: {
    layers: ['areas', 'estates'],
    counted: 'areas',
    isThere: hasProgramme,
    paint(view) {
      paintLayer(view, 'estates', (i) => (app.areaOfEstate[i] < 0 ? QUIET : null));
      paintLayer(view, 'areas', programmeStyle);
      paintLayer(view, 'estates', (i) =>
        app.areaOfEstate[i] < 0 ? null : { stroke: 'rgba(255,255,255,0.75)', width: 0.8 },
      );
      const values = app.tables.areas[byShown()];
      for (const isTold of [false, true])
        paintLayer(view, 'areas', (i) => (isKnown(values[i]) === isTold ? (isTold ? BORDER : UNPLANNED_BORDER) : null));
    },
    legend: programmeLegend,
    note: () => word('by_note.' + byShown()),
    leaders: programmeLeaders,
    also: sumsOfYears,
    lineOfArea: programmeLine,
    lineOfEstate: (i) => (app.areaOfEstate[i] < 0 ? leftOutText(i) : programmeLine(app.areaOfEstate[i])),
  },

  openings: {
    layers: ['openings', 'estates', 'areas'],
    counted: 'openings',
    isThere: () => app.tables.openings.rows > 0,
    paint(view) {
      paintLayer(view, 'areas', () => ({ fill: '#e9e2d0' }));
      paintLayer(view, 'estates', (i) =>
        app.areaOfEstate[i] < 0
          ? { fill: '#ebe8e1', stroke: '#d2cdc3', width: 0.8 }
          : { fill: '#d6ccb4', stroke: '#ffffff', width: 1 },
      );
      paintLayer(view, 'areas', () => ({ stroke: '#7d7461', width: 1.2 }));
    },
    paintPoints: paintWalls,
    legend: wallLegend,
    note: () => word('walls_note'),
    leaders: wallLeaders,
    column: () => word('minutes_saved'),
    lineOfArea: wallsText,
    lineOfEstate: (i) => (app.areaOfEstate[i] < 0 ? leftOutText(i) : shortArea(app.areaOfEstate[i])),
  },

  facilities: {
    layers: ['facilities', 'estates', 'areas'],
    counted: 'facilities',
    isThere: () => app.tables.facilities.rows > 0,
    paint(view) {
      paintLayer(view, 'estates', () => ({ fill: '#e6e2da', stroke: '#c4beb2', width: 0.8 }));
    },
    paintPoints(view) {
      paintFacilities(view, this.showsPoint);
    },
    showsPoint: (i) => app.state.kind === '' || app.tables.facilities.facility_type[i] === app.state.kind,
    legend() {
      const kinds = app.state.kind ? [kindOfType(app.state.kind)] : KIND_ORDER;
      return []
        .concat(
          ...kinds.map((kind) =>
            pointLegend(kind, kindLabel(kind), (i) => this.showsPoint(i) && kindOfFacility(i) === kind),
          ),
        )
        .concat(statusLegend((i) => this.showsPoint(i)));
    },
    note: () => '',
    leaders() {
      const counts = new Map();
      app.tables.facilities.facility_type.forEach((type) => counts.set(type, (counts.get(type) || 0) + 1));
      return [...counts]
        .sort((one, other) => other[1] - one[1])
        .map(([type, count]) => ({
          text: chipType(type),
          value: count,
          said: number(count),
          pick: () => change({ kind: type || '' }),
        }));
    },
    lineOfArea: () => '',
    lineOfEstate: () => '',
  },
};

/* Charts: a figure's attribute says what to draw, a builder here says how. SVG, no animation, text tooltips,
   so nothing needs inline styles. Each figure carries its table beside it. */
(function () {
  "use strict";
  const zk = (window.zk = window.zk || {});
  const root = document.documentElement;
  const token = (name) => getComputedStyle(root).getPropertyValue(`--zk-${name}`).trim();
  const grouped = (value) => Number(value).toLocaleString(root.lang || "en");
  const pixels = (name) => parseInt(token(name), 10) || 12;
  const drawn = new Map();
  const NARROW = 520;
  const HUNDREDTHS = { minimumFractionDigits: 2, maximumFractionDigits: 2 }; // as the index is kept

  function theme() {
    const size = pixels("small");
    const text = { color: token("ink-3"), fontSize: size };
    return {
      size, text, ink: token("ink"), ink2: token("ink-2"),
      series: [1, 2, 3, 4, 5].map((n) => token(`series-${n}`)),
      tiers: { HIGH: token("tier-high"), MIDDLE: token("tier-middle"), LOW: token("tier-low") },
      lowLine: token("tier-low-line"),
      axis: {
        axisLine: { lineStyle: { color: "#c5cedb" } }, axisTick: { show: false }, axisLabel: text,
        splitLine: { lineStyle: { color: token("line-2") } }, nameTextStyle: text,
      },
    };
  }

  const legend = (look, extra) => ({
    top: 4, left: 8, itemWidth: 12, itemHeight: 10, itemGap: 14, textStyle: { color: look.ink2, fontSize: look.size }, ...extra,
  });
  const value = (look, extra) => ({
    type: "value", ...look.axis, axisLine: { show: false }, axisLabel: { ...look.text, formatter: grouped }, ...extra,
  });

  /* Movement over time; stacked areas only for the parts of one total. */
  function line(spec, look) {
    return {
      legend: legend(look, { show: spec.series.length > 1, icon: "roundRect" }),
      grid: { left: 8, right: 8 + 2.5 * look.size, top: spec.series.length > 1 ? 20 + 1.7 * look.size : 20, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: grouped },
      xAxis: { type: "category", data: spec.periods, boundaryGap: false, ...look.axis },
      yAxis: value(look, { name: spec.unit, scale: !spec.stacked && spec.fromZero === false }),
      series: spec.series.map((one, n) => ({
        name: one.name, data: one.values, type: "line", symbol: "none", stack: spec.stacked ? "total" : undefined,
        lineStyle: { width: spec.stacked ? 1 : 2, color: look.series[n % 5] }, itemStyle: { color: look.series[n % 5] },
        areaStyle: spec.stacked ? { opacity: 0.82, color: look.series[n % 5] } : undefined,
      })),
    };
  }

  /* How scores are distributed, where the limits lie, how it was last time. */
  function histogram(spec, look) {
    const edges = spec.edges;
    const told = (count) => (count === null || count === undefined ? spec.names.unshown : grouped(count));
    const bars = spec.counts.map((count, n) => ({
      value: count ?? 0,
      label: count === null ? { show: true, position: "top", formatter: "×", color: look.ink2, fontSize: look.size } : undefined,
      itemStyle: { color: look.tiers[spec.tiers[n]] || look.series[0], borderColor: spec.tiers[n] === "LOW" ? look.lowLine : undefined, borderWidth: spec.tiers[n] === "LOW" ? 1 : 0 },
    }));
    const series = [{ name: spec.names.now, type: "bar", barCategoryGap: "12%", data: bars }];
    if (spec.previous) {
      series.push({ name: spec.names.previous, type: "line", step: "middle", symbol: "none", data: spec.previous, lineStyle: { color: token("warn"), width: 1.25, type: [4, 3] }, itemStyle: { color: token("warn") } });
    }
    series.push({
      type: "scatter", xAxisIndex: 1, data: [], silent: true,
      markLine: {
        silent: true, symbol: "none", lineStyle: { color: look.ink2, width: 1, type: "solid" },
        label: { color: look.ink, fontSize: look.size, position: "end", distance: 4, formatter: (point) => point.data.text },
        data: spec.thresholds.map((limit) => ({ xAxis: limit, text: String(limit) })),
      },
    });
    return {
      legend: legend(look, { show: Boolean(spec.previous), data: [spec.names.previous], right: 8, left: "auto" }),
      grid: { left: 8, right: 20, top: 20 + 2 * look.size, bottom: 12 + Math.round(1.3 * look.size), containLabel: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (points) => {
        const at = points[0].dataIndex;
        return [`${edges[at]}–${edges[at + 1]}`, ...points.map((point) => `${point.seriesName} ${told((point.seriesName === spec.names.now ? spec.counts : spec.previous)[at])}`)].join("\n");
      } },
      xAxis: [
        { type: "category", data: spec.counts.map((_, n) => edges[n]), ...look.axis, axisLabel: { show: false } },
        { type: "value", min: edges[0], max: edges[edges.length - 1], interval: (edges[edges.length - 1] - edges[0]) / 4, position: "bottom", ...look.axis, splitLine: { show: false }, name: spec.names.axis, nameLocation: "middle", nameGap: 24 + look.size / 2 },
      ],
      yAxis: value(look),
      series,
    };
  }

  /* Who moved between tiers: two columns, coloured by direction. */
  function flow(spec, look, width) {
    const colour = { up: token("moved-up"), down: token("moved-down"), same: token("moved-none"), lost: token("lost"), new: token("moved-up") };
    const opacity = { up: 0.5, down: 0.5, same: 0.2, lost: 0.28, new: 0.25 };
    const fill = { ...look.tiers, NEW: token("moved-up"), LOST: token("lost") };
    const wraps = width < 22 * look.size; // names of both sides have no room on one line
    const label = { color: look.ink, fontSize: look.size, lineHeight: Math.round(1.2 * look.size), width: width * 0.44, overflow: "break" };
    return {
      tooltip: { trigger: "item", formatter: (point) => point.dataType === "edge" ? `${point.data.text} ${point.data.note || grouped(point.value)}` : point.data.text },
      series: [{
        type: "sankey", left: 8, right: 8, top: (wraps ? 28 : 16) + look.size, bottom: 12, nodeWidth: 12, nodeGap: Math.max(14, Math.round((wraps ? 2.5 : 1.4) * look.size)), layoutIterations: 0, draggable: false,
        emphasis: { focus: "adjacency" },
        data: spec.nodes.map((node) => ({
          name: node.id, text: node.text, depth: node.side, itemStyle: { color: fill[node.tier] || token("moved-none"), borderWidth: 0 },
          label: { ...label, position: node.side ? "left" : "right", formatter: node.text, textBorderColor: "#fff", textBorderWidth: 3 },
        })),
        links: spec.moves.map((move) => ({
          source: move.from, target: move.to, value: move.count, text: move.text, note: move.note,
          lineStyle: { color: colour[move.direction], opacity: opacity[move.direction], curveness: 0.5 },
        })),
      }],
      graphic: spec.sides.map((text, side) => ({ type: "text", top: 4, ...(side ? { right: 8 } : { left: 8 }), style: { text, fill: token("ink-3"), font: `${look.size}px ${token("font")}` } })),
    };
  }

  /* Which unit: sorted bars with the mean as a line. */
  function bars(spec, look) {
    return {
      grid: { left: 8, right: 56, top: 12, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: grouped },
      xAxis: value(look, { name: spec.unit }),
      yAxis: { type: "category", inverse: true, data: spec.names, ...look.axis, axisLabel: { ...look.text, color: look.ink2 } },
      series: [{
        type: "bar", data: spec.values, barMaxWidth: 18, itemStyle: { color: look.series[0], borderRadius: [0, 3, 3, 0] },
        label: { show: true, position: "right", color: look.ink2, fontSize: look.size, formatter: (point) => grouped(point.value) },
        markLine: spec.mean === null ? undefined : {
          silent: true, symbol: "none", lineStyle: { color: look.ink2, type: "dashed" },
          label: { formatter: spec.meanName, color: look.ink2, fontSize: look.size, position: "insideEndTop" }, data: [{ xAxis: spec.mean }],
        },
      }],
    };
  }

  /* What made a total change: from the old figure, step by step, to the new one. */
  function waterfall(spec, look, width) {
    let level = 0;
    const ground = [];
    const shown = spec.steps.map((step) => {
      if (step.total) { level = step.value; ground.push(0); return { value: step.value, itemStyle: { color: look.series[0] } }; }
      ground.push(Math.min(level, level + step.value));
      level += step.value;
      return { value: Math.abs(step.value), itemStyle: { color: step.value < 0 ? token("moved-down") : token("moved-up") } };
    });
    const signed = (step) => (step.total || step.value < 0 ? "" : "+") + step.value.toLocaleString(root.lang || "en", HUNDREDTHS);
    const lies = width < NARROW;  // names need a line of their own where the figure is narrow
    const names = {
      type: "category", data: spec.steps.map((step) => step.name), ...look.axis, inverse: lies,
      axisLabel: { ...look.text, interval: 0, overflow: "break", lineHeight: (lies ? 1.1 : 1.4) * look.size, width: lies ? width * 0.34 : Math.max(62, width / spec.steps.length - 6) },
    };
    const points = value(look, lies ? { axisLabel: { ...look.text, hideOverlap: true, formatter: grouped } } : { name: spec.unit });
    return {
      grid: { left: 8, right: lies ? 8 + 3.5 * look.size : 16, top: lies ? 8 : 28, bottom: 8, containLabel: true },
      tooltip: { trigger: "item", formatter: (point) => `${spec.steps[point.dataIndex].name} ${signed(spec.steps[point.dataIndex])}` },
      xAxis: lies ? points : names,
      yAxis: lies ? names : points,
      series: [
        { type: "bar", stack: "steps", silent: true, itemStyle: { color: "transparent" }, data: ground, tooltip: { show: false } },
        { type: "bar", stack: "steps", barMaxWidth: lies ? 18 : 44, data: shown, label: { show: true, position: lies ? "right" : "top", color: look.ink, fontSize: look.size, formatter: (point) => signed(spec.steps[point.dataIndex]) } },
      ],
    };
  }

  const builders = { line, histogram, flow, bars, waterfall };

  function option(place) {
    const spec = JSON.parse(place.dataset.chart);
    const look = theme();
    const built = builders[spec.kind](spec, look, place.clientWidth);
    const tip = { renderMode: "richText", confine: true, textStyle: { fontSize: look.size, color: look.ink }, ...built.tooltip };
    return { animation: false, textStyle: { fontFamily: token("font"), fontSize: look.size, color: look.ink2 }, ...built, tooltip: tip };
  }

  function draw(place) {
    if (drawn.has(place) || !window.echarts) return;
    const chart = window.echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option(place));
    drawn.set(place, chart);
  }

  zk.drawCharts = (area) => {
    for (const place of area.querySelectorAll("[data-chart]")) draw(place);
  };
  document.addEventListener("htmx:load", (event) => zk.drawCharts(event.detail.elt));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    drawn.get(event.detail.elt)?.dispose();
    drawn.delete(event.detail.elt);
  });
  const resize = () => {
    for (const [place, chart] of drawn) {
      chart.resize();
      chart.setOption(option(place), true); // a turned phone has other room for names
    }
  };
  window.addEventListener("resize", resize);
  /* On paper every chart has the width of the text: A4 without its margins, in the pixels of a page. */
  const PAPER = { width: 600 };
  window.addEventListener("beforeprint", () => { for (const chart of drawn.values()) chart.resize(PAPER); });
  window.addEventListener("afterprint", resize);
  zk.drawCharts(document);
})();
